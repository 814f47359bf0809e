"""The submission policy: one job for each series of attempts, found or submitted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.claimed_jobs import Claimed, ClaimReader
from emmaa_airflow.batch.client import CLEARED, SECOND_JOB, BatchClient, newest_first
from emmaa_airflow.batch.identity import JobIdentity, is_on_larger_class, larger_name
from emmaa_airflow.batch.outcome import BY_AIRFLOW, FAILED
from emmaa_airflow.batch.retries import is_unclear
from emmaa_airflow.batch.rivals import Rivals
from emmaa_airflow.batch.series import Choice, Job, choose
from emmaa_airflow.batch.taken_dates import check_date, is_own, order, others
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.settings import load_settings

#: Delay after a SubmitJob until ListJobs shows the job, if there is one.
LOOK_AFTER_SECONDS = 30.0
_LOST_ANSWERS = 4
#: Maximum age of a listing before a submission. A process on a suspended machine may have been
#: given up, and the next attempt may have submitted its job.
STALE_SECONDS = 60.0

logger = logging.getLogger(__name__)


class SecondJobError(Exception):
    """Airflow has given up this attempt, and another attempt of the task has submitted its job."""


@dataclass(frozen=True)
class Submitted:
    """A job that Batch knows.

    :param reattached: whether an earlier attempt of the task submitted it
    :param name: its name in Batch
    :param job: the planned job, moved to the larger class if necessary
    :param since: the creation time of the series' first job, as a time stamp in seconds
    """

    job_id: str
    status: str
    reattached: bool
    name: str
    job: BatchJob
    since: float

    @property
    def larger(self) -> bool:
        """True if the job is on the larger class because the planned one was too small."""
        return is_on_larger_class(self.name)


class Submission:
    """One attempt to submit a job.

    :param batch: the account's jobs
    :param environment: the job's environment, except for its claim
    :param claims: the claims that the jobs write before they work; None if their image writes none
    :param ran_out: the id of this identity's job that has just run out of memory
    :param before_submit: called if there is no job to adopt; it may raise to refuse the submission
    """

    def __init__(
        self,
        batch: BatchClient,
        job: BatchJob,
        identity: JobIdentity,
        environment: Mapping[str, str],
        *,
        claims: ClaimReader | None = None,
        ran_out: str = "",
        before_submit: Callable[[], None] = lambda: None,
    ) -> None:
        self.batch = batch
        self._job = job
        self._identity = identity
        self._environment = environment
        self._claims = claims
        self._ran_out = ran_out
        self._before_submit = before_submit
        self._rivals = Rivals(batch, job, identity, environment)

    def ensure(self) -> Submitted:
        """Return the one job of the identity: an existing one, or a new one.

        :func:`emmaa_airflow.batch.series.choose` chooses it. A new job must take the claim of its
        series before it works. Running jobs of earlier series are ended: the task was cleared, and
        its old job must not run beside the new one.

        :raises DateTakenError: if another run works on the results of this job.
        :raises InFlightError: if a sibling of the job is in flight.
        :raises SecondJobError: if this process was suspended with its request in flight, and the
            next attempt has a job. The job of this process is ended.
        """
        looked, listed = self._look()
        claimed = self._claimed(listed)
        found = claimed.before(listed)
        choice = self._choose(found)
        for other in choice.superfluous:
            reason = SECOND_JOB if self._identity.has(other) else CLEARED
            self.batch.terminate(other["jobId"], reason)
        planned = (choice.larger and self._job.on_larger_class()) or self._job
        name = self._identity.larger_name if choice.larger else self._identity.name
        since = _begun(found, self._identity)
        if existing := choice.take_up:
            return Submitted(existing["jobId"], existing["status"], True, name, planned, since)
        self._make_way(found)
        self._before_submit()
        if time.monotonic() - looked > STALE_SECONDS:
            logger.warning("This process was suspended; listing its jobs again")
            return self.ensure()
        job_id = self._submit_once(planned, name, claimed, found)
        submitted = Submitted(job_id, "SUBMITTED", False, name, planned, since)
        if time.monotonic() - looked > STALE_SECONDS:
            self._end_second(submitted)
        self._check_again(job_id)
        return submitted

    def has_twin(self, submitted: Submitted) -> bool:
        """Return whether another attempt of the task has a job that runs or has succeeded.

        That job may be on the larger class, while its job of the same name has run out of memory.
        """
        job = submitted.job
        return any(
            other["jobName"] in (submitted.name, larger_name(submitted.name))
            and other["jobId"] != submitted.job_id
            and other["status"] != FAILED
            for queue in {job.queue, job.larger.queue if job.larger else job.queue}
            for other in self.batch.named(queue, submitted.name)
        )

    def _look(self) -> tuple[float, list[Job]]:
        """Return the time of the listing (``time.monotonic``), and the listed jobs."""
        looked = time.monotonic()
        everywhere = not self._identity.first_try
        found = self._jobs(everywhere=everywhere)
        seen = any(self._identity.has(job) for job in found)
        if self._ran_out or not self._identity.takes_over or seen:
            return looked, found
        # The previous try may have submitted its job just before it was lost.
        logger.info("No job of an earlier try is listed; listing again, because ListJobs lags")
        time.sleep(LOOK_AFTER_SECONDS)
        return time.monotonic(), self._jobs(everywhere=everywhere)

    def _claimed(self, listed: list[Job]) -> Claimed:
        """Return the jobs that hold the series' claims; none before the first submission."""
        if self._claims is None or self._identity.first_try:
            return Claimed()
        return self._claims.claimed(self._identity, listed, self.batch.describe_one)

    def _choose(self, found: list[Job]) -> Choice:
        return choose(
            [job for job in found if is_own(job, self._identity)],
            self._identity,
            self.batch.describe_one,
            has_larger=self._job.larger is not None,
            ran_out=self._ran_out,
        )

    def _make_way(self, found: list[Job]) -> None:
        """End this task's orphans, and refuse to submit beside other runs' jobs."""
        check_date(self._others(found))
        for orphan in self._rivals.orphans(found):
            self.batch.terminate(orphan["jobId"], CLEARED)
        self._rivals.check(found)

    def _jobs(self, *, everywhere: bool = False, but: str = "") -> list[Job]:
        """List the task's jobs, and for an exclusive job also those of other runs.

        A job on the larger class's queue follows one that failed on the planned queue for lack of
        memory. So the larger queue is listed only if the planned queue has jobs.

        :param everywhere: always list both queues, because a task may have jobs that Batch has
            forgotten, or that another plan has sent elsewhere
        :param but: the id of a job that is known to exist
        """
        job = self._job
        if job.siblings:  # another run may have chosen any queue
            queues = {target.queue for target in load_settings().batch.targets.values()}
            listed = (self.batch.named(q, job.siblings) for q in sorted({job.queue, *queues}))
            return newest_first([summary for found in listed for summary in found])
        prefix = f"{job.name}-" if job.exclusive else self._identity.task_prefix
        found = self.batch.named(job.queue, prefix)
        has_others = everywhere or any(summary["jobId"] != but for summary in found)
        if job.larger and job.larger.queue != job.queue and has_others:
            found += self.batch.named(job.larger.queue, prefix)
        return newest_first(found)

    def _submit_once(
        self, planned: BatchJob, name: str, claimed: Claimed, before: list[Job]
    ) -> str:
        """Submit the job; after a lost answer, look for the job before submitting again."""
        environment = dict(self._environment)
        if self._claims:
            environment |= claimed.next_claim(self._job, name).to_environment()
        known = {job["jobId"] for job in before}
        lost = 0
        while True:
            try:
                return self.batch.submit(planned, name, environment)
            except (ClientError, BotoCoreError) as error:
                lost += 1
                if not is_unclear(error) or lost == _LOST_ANSWERS:
                    raise
                logger.warning("SubmitJob may or may not have succeeded: %s", error)
            time.sleep(LOOK_AFTER_SECONDS)
            for job in self.batch.named(planned.queue, self._identity.task_prefix):
                if job["jobId"] not in known and job["jobName"] == name:
                    return str(job["jobId"])

    def _end_second(self, submitted: Submitted) -> None:
        """End a second job of the series, because no later attempt would find it."""
        if self.has_twin(submitted):
            self.batch.terminate(submitted.job_id, SECOND_JOB)
            raise SecondJobError(
                f"this process was suspended while it submitted Batch job {submitted.job_id}, and"
                " another attempt has one: the second one was ended"
            )

    def _check_again(self, job_id: str) -> None:
        """List again: two runs that submitted at the same time see each other now."""
        if not (self._job.exclusive or self._job.siblings):
            return
        found = self._jobs(but=job_id)
        own = next((order(job) for job in found if job["jobId"] == job_id), None)
        earlier = [job for job in self._others(found) if own is None or order(job) < own]
        if earlier:  # the first one stays
            self.batch.terminate(job_id, BY_AIRFLOW + "another run works on the same date")
            check_date(earlier)
        self._rivals.check_again(found, job_id)

    def _others(self, found: list[Job]) -> list[Job]:
        return others(self._job, self._identity, found, self.batch.describe_one)


def _begun(jobs: Iterable[Job], identity: JobIdentity) -> float:
    """Return the time stamp of the creation of the series' first job; now if there is none."""
    created = [job["createdAt"] for job in jobs if identity.has(job) and "createdAt" in job]
    return min(created) / 1000 if created else time.time()
