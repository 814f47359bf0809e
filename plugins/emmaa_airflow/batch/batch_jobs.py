"""AWS Batch, as far as the operator uses it: find, submit, end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.claimed_jobs import Claimed, ClaimReader, claim_of
from emmaa_airflow.batch.identity import JobIdentity, larger_name
from emmaa_airflow.batch.outcome import BY_AIRFLOW, FAILED
from emmaa_airflow.batch.retries import is_unclear, patiently, was_not_done
from emmaa_airflow.batch.rivals import Rivals
from emmaa_airflow.batch.series import Job, begun, choose
from emmaa_airflow.batch.submit_request import submit_request
from emmaa_airflow.batch.taken_dates import check_date, is_own, order, others
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.settings import load_settings

#: After a SubmitJob: when ListJobs will show the job if there is one.
LOOK_AFTER_SECONDS = 30.0
_LOST_ANSWERS = 4
#: How old the sight of the jobs may be when a new one is submitted. A process whose machine stood
#: still may have been given up, and its job submitted by the next attempt.
STALE_SECONDS = 60.0
KILLED = BY_AIRFLOW + "its task was killed"
_CLEARED = BY_AIRFLOW + "its task was cleared and runs anew"
_SECOND_JOB = BY_AIRFLOW + "another job of its task does its work"

logger = logging.getLogger(__name__)


class SecondJobError(Exception):
    """Another attempt of the task has submitted its job meanwhile; this one was given up."""


@dataclass(frozen=True)
class Submitted:
    """A job that Batch knows.

    :param reattached: whether an earlier attempt of the task had submitted it
    :param name: its own name
    :param queue: the queue that it was submitted to
    :param larger: whether it is on the larger class because the planned one was too small
    :param larger_queue: where another attempt's job would be after it ran out of memory; empty if
        there is no larger class, or this is it
    :param since: when the first job of the series was created, as a time stamp in seconds
    """

    job_id: str
    status: str
    reattached: bool
    name: str = ""
    queue: str = ""
    larger: bool = False
    larger_queue: str = ""
    since: float = 0.0


class BatchJobs:
    """The account's jobs. All calls wait while AWS throttles.

    :param client: a boto3 Batch client that repeats nothing by itself
    :param pace: called before each ListJobs; it may wait
    :param claims: the claims that the jobs write before they work; None if their image writes none
    """

    def __init__(
        self,
        client: Any,
        pace: Callable[[], None] = lambda: None,
        claims: ClaimReader | None = None,
    ) -> None:
        self.client = client
        self._pace = pace
        self._claims = claims

    def ensure(
        self,
        job: BatchJob,
        identity: JobIdentity,
        environment: Mapping[str, str],
        *,
        ran_out: str = "",
        before_submit: Callable[[], None] = lambda: None,
    ) -> Submitted:
        """Return the one job of this identity: the one that is there, else a new one.

        :func:`emmaa_airflow.batch.series.choose` says which one that is. A new one must take its
        series' claim before it works. Jobs of earlier series that still run are ended: the task
        was cleared, and its old job must not work beside the new one.

        :param ran_out: the id of this identity's job that has just run out of memory
        :param before_submit: called when there is no job to take up; it may refuse by raising
        :raises DateTakenError: if another run works on what this job would make.
        :raises InFlightError: if a sibling of the job is in flight.
        :raises SecondJobError: if this process stood still with its request under way, and the
            next attempt has a job. This one's is ended.
        """
        looked, listed = self._look(job, identity, ran_out)
        claimed = self._claimed(identity, listed)
        found = claimed.before(listed)
        larger_job = job.on_larger_class()
        choice = choose(
            [each for each in found if is_own(each, identity)],
            identity,
            self.describe_one,
            has_larger=larger_job is not None,
            ran_out=ran_out,
        )
        for other in choice.superfluous:
            self.terminate(other["jobId"], _SECOND_JOB if identity.has(other) else _CLEARED)
        planned = larger_job if choice.larger and larger_job else job
        name = identity.larger_name if choice.larger else identity.name
        beyond = larger_job.queue if larger_job and not choice.larger else ""
        where = (name, planned.queue, choice.larger, beyond, begun(found, identity))
        if there := choice.take_up:
            return Submitted(there["jobId"], there["status"], True, *where)
        check_date(others(job, identity, found, self.describe_one))
        rivals = Rivals(self, job, identity, environment)
        for orphan in rivals.orphans(found):
            self.terminate(orphan["jobId"], _CLEARED)
        rivals.check(found)
        before_submit()
        if time.monotonic() - looked > STALE_SECONDS:
            logger.warning("This process stood still; looking again what there is")
            return self.ensure(
                job, identity, environment, ran_out=ran_out, before_submit=before_submit
            )
        claim = claim_of(job, name, claimed).to_environment() if self._claims else {}
        job_id = self._submit_once(planned, name, identity, {**environment, **claim}, found)
        submitted = Submitted(job_id, "SUBMITTED", False, *where)
        if time.monotonic() - looked > STALE_SECONDS:
            self._end_second(submitted)
        if job.exclusive or job.siblings:
            again = self._jobs(job, identity, but=job_id)
            self._check_date_again(job, identity, job_id, again)
            rivals.check_again(again, job_id)
        return submitted

    def _look(self, job: BatchJob, identity: JobIdentity, ran_out: str) -> tuple[float, list[Job]]:
        """What there is, and since when that is known (``time.monotonic``)."""
        looked = time.monotonic()
        everywhere = not identity.first_try
        found = self._jobs(job, identity, everywhere=everywhere)
        if ran_out or not identity.takes_over or any(identity.has(each) for each in found):
            return looked, found
        # The try before this one may have submitted its job in the moment before it was lost.
        logger.info("No job of an earlier try is seen; listings lag behind, so looking once more")
        time.sleep(LOOK_AFTER_SECONDS)
        return time.monotonic(), self._jobs(job, identity, everywhere=everywhere)

    def _claimed(self, identity: JobIdentity, listed: list[Job]) -> Claimed:
        """Return the jobs that hold the series' claims; none before the very first submission."""
        if self._claims is None or identity.first_try:
            return Claimed()
        return self._claims.claimed(identity, listed, self.describe_one)

    def _end_second(self, submitted: Submitted) -> None:
        """What nobody can take back, end: Batch tells of it even while Airflow is away."""
        if self.has_twin(submitted):
            self.terminate(submitted.job_id, _SECOND_JOB)
            raise SecondJobError(
                f"this process stood still while it submitted Batch job {submitted.job_id}, and"
                " another attempt has one: the second one was ended"
            )

    def submit(self, job: BatchJob, name: str, environment: Mapping[str, str]) -> str:
        """Submit a job and return its id.

        :raises ClientError: if AWS refuses it, or by a fault may or may not have taken it
        :raises BotoCoreError: if the answer was lost
        """
        request = submit_request(job, name, environment)
        answer = patiently(lambda: self.client.submit_job(**request), was_not_done)
        job_id: str = answer["jobId"]
        return job_id

    def terminate(self, job_id: str, reason: str) -> None:
        """End a job, whether it waits or runs; a finished job stays as it is."""
        logger.info("Terminating Batch job %s: %s", job_id, reason)
        patiently(lambda: self.client.terminate_job(jobId=job_id, reason=reason))

    def has_twin(self, submitted: Submitted) -> bool:
        """Whether another attempt of the task has a job of its own at work, or done.

        That may be on the larger class, while its job of the same name has run out of memory.
        """
        return any(
            job["jobName"] in (submitted.name, larger_name(submitted.name))
            and job["jobId"] != submitted.job_id
            and job["status"] != FAILED
            for queue in {submitted.queue, submitted.larger_queue or submitted.queue}
            for job in self.named(queue, submitted.name)
        )

    def describe(self, job_ids: list[str]) -> list[Job]:
        """What Batch knows of at most 100 jobs, asked once; unknown ids are left out."""
        jobs: list[Job] = self.client.describe_jobs(jobs=job_ids)["jobs"]
        return jobs

    def describe_one(self, job_id: str) -> Job | None:
        """Return DescribeJobs' word on a job, asked patiently; None if Batch has forgotten it."""
        return next(iter(patiently(lambda: self.describe([job_id]))), None)

    def named(self, queue: str, prefix: str) -> list[Job]:
        """The summaries of all jobs of a queue whose names begin so, newest first.

        A filter by name covers every status.
        """
        name = {"name": "JOB_NAME", "values": [prefix + "*"]}
        jobs = self._listed(jobQueue=queue, filters=[name])
        return sorted(jobs, key=lambda job: job.get("createdAt", 0), reverse=True)

    def in_status(self, queue: str, status: str) -> list[Job]:
        """The summaries of all jobs of a queue that are in a status."""
        return self._listed(jobQueue=queue, jobStatus=status)

    def _listed(self, **query: Any) -> list[Job]:
        jobs: list[Job] = []
        while True:
            self._pace()
            page = patiently(lambda: self.client.list_jobs(**query))
            jobs += page["jobSummaryList"]
            if not page.get("nextToken"):
                return jobs
            query["nextToken"] = page["nextToken"]

    def _jobs(
        self, job: BatchJob, identity: JobIdentity, *, everywhere: bool = False, but: str = ""
    ) -> list[Job]:
        """The task's jobs, and for an exclusive one those of other runs beside it.

        Whatever is on the larger class's queue ran out of memory on the planned one, and is among
        what has failed there. So the larger queue is listed only if there is anything.

        :param everywhere: list both queues in any case. A task may have jobs that Batch has
            forgotten, or that another plan has sent elsewhere
        :param but: the id of a job that is known to be there
        """
        if job.siblings:  # which another run may have sent anywhere
            queues = {target.queue for target in load_settings().batch.targets.values()}
            found = [
                each
                for queue in sorted({job.queue, *queues})
                for each in self.named(queue, job.siblings)
            ]
            return sorted(found, key=lambda each: each.get("createdAt", 0), reverse=True)
        prefix = f"{job.name}-" if job.exclusive else identity.task_prefix
        found = self.named(job.queue, prefix)
        larger = job.on_larger_class()
        has_others = everywhere or any(each["jobId"] != but for each in found)
        if larger and larger.queue != job.queue and has_others:
            found += self.named(larger.queue, prefix)
        return sorted(found, key=lambda each: each.get("createdAt", 0), reverse=True)

    def _submit_once(
        self,
        job: BatchJob,
        name: str,
        identity: JobIdentity,
        environment: Mapping[str, str],
        before: list[Job],
    ) -> str:
        """Submit, and if the answer is lost, look whether there is a job before doing it again."""
        known = {each["jobId"] for each in before}
        lost = 0
        while True:
            try:
                return self.submit(job, name, environment)
            except (ClientError, BotoCoreError) as error:
                lost += 1
                if not is_unclear(error) or lost == _LOST_ANSWERS:
                    raise
                logger.warning("SubmitJob may or may not have been done: %s", error)
            time.sleep(LOOK_AFTER_SECONDS)
            for there in self.named(job.queue, identity.task_prefix):
                if there["jobId"] not in known and there["jobName"] == name:
                    return str(there["jobId"])

    def _check_date_again(
        self, job: BatchJob, identity: JobIdentity, job_id: str, found: list[Job]
    ) -> None:
        """Two runs that submit at the same moment see each other now; the first one stays."""
        own = next((order(each) for each in found if each["jobId"] == job_id), None)
        rivals = others(job, identity, found, self.describe_one)
        earlier = [rival for rival in rivals if own is None or order(rival) < own]
        if earlier:
            self.terminate(job_id, BY_AIRFLOW + "another run works on the same date")
            check_date(earlier)
