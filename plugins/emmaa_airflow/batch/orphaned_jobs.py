"""Orphaned jobs, which no task waits for any more.

When a person marks a task, its trigger ends the job. Without a trigger, the job runs on: between
submission and deferral, before a triggerer has picked up the trigger, while no triggerer is alive,
or between two tries of which the first has died. Then Airflow's database says that the task is
done, and Batch that its job is running. Comparing the two finds the job.

A cleared task may leave a job behind, too: if its worker was lost, or if the new plan gives the job
another name (that of a daily update has a date), so that the next try does not find it. If a task
has two jobs, the older one is orphaned.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import origin_of, task_digest, task_digest_of
from emmaa_airflow.batch.outcome import BY_AIRFLOW, UNFINISHED
from emmaa_airflow.runs.task_states import GIVEN_UP, states_of_runs
from emmaa_cycle.errors import InputError

NO_TASK_WAITS = BY_AIRFLOW + "no task waits for it any more"
NEWER_JOB = BY_AIRFLOW + "a newer job of its task does its work"
_DESCRIBED_AT_ONCE = 100
_RUNS_AT_ONCE = 40

Job = dict[str, Any]
#: DAG and run.
Run = tuple[str, str]
#: The states of a DAG's runs: by run id, then by task id, mapped ones as ``<task id>_<index>``.
RunStates = Callable[[str, list[str]], Mapping[str, Mapping[str, str | None]]]
logger = logging.getLogger(__name__)


class OrphanedJobs:
    """Finds and ends orphaned jobs.

    A job's name identifies its task by a digest of bucket, DAG, run, task and map index. Jobs of
    other programs, and of other deployments in the same account, are ignored. So are jobs of runs
    and tasks that Airflow does not know: a job whose run was *deleted* between submission and
    deferral runs to its end.

    :param queues: the names of the queues with submitted jobs
    """

    def __init__(
        self, jobs: BatchClient, queues: Iterable[str], states: RunStates = states_of_runs
    ) -> None:
        self._jobs = jobs
        self._queues = sorted(set(queues))
        self._states = states
        self._runs: dict[str, Run | None] = {}
        self._older: set[str] = set()

    def end(self) -> list[str]:
        """End the orphaned jobs and return their ids. Blocks: a trigger must call it in a thread.

        A job that cannot be ended is tried again at the next look.
        """
        jobs = self._unfinished()
        # List jobs before states: so no listed job belongs to a try that begins later.
        digests = {job_id: task_digest_of(job["jobName"]) for job_id, job in jobs.items()}
        self._learn_runs(list(digests))
        done = self._done_tasks({run for run in self._runs.values() if run})
        orphans = {i: NO_TASK_WAITS for i, digest in digests.items() if digest in done}
        older = dict.fromkeys(self._still_older(jobs, digests), NEWER_JOB)
        return [i for i, reason in {**older, **orphans}.items() if self._terminate(i, reason)]

    def _still_older(self, jobs: Mapping[str, Job], digests: Mapping[str, str]) -> set[str]:
        """Return the jobs whose task has a newer job, both now and at the last look.

        A try that Airflow has given up itself ends the second job that it has submitted, so jobs
        that exist only for a moment are ignored.
        """
        before, self._older = self._older, _all_but_newest(jobs, digests)
        return before & self._older

    def _unfinished(self) -> dict[str, Job]:
        """Return the summaries of tasks' unfinished jobs, by id."""
        return {
            job["jobId"]: job
            for queue in self._queues
            for status in UNFINISHED
            for job in self._jobs.in_status(queue, status)
            if task_digest_of(job["jobName"])
        }

    def _terminate(self, job_id: str, reason: str) -> bool:
        try:
            self._jobs.terminate(job_id, reason)
        except (ClientError, BotoCoreError) as error:
            logger.warning("Batch job %s cannot be ended, trying again later: %s", job_id, error)
            return False
        return True

    def _learn_runs(self, job_ids: list[str]) -> None:
        """Query which run has submitted each job, once, because that does not change."""
        self._runs = {i: self._runs[i] for i in job_ids if i in self._runs}
        new = [job_id for job_id in job_ids if job_id not in self._runs]
        for some in _chunks(new, _DESCRIBED_AT_ONCE):
            for job in self._jobs.describe(some):
                self._runs[job["jobId"]] = _run_of(job)

    def _done_tasks(self, runs: set[Run]) -> set[str]:
        """Return the digests of the tasks of some runs that no longer wait for their jobs."""
        done: set[str] = set()
        for dag_id, group in itertools.groupby(sorted(runs), key=lambda run: run[0]):
            for some in _chunks([run_id for _, run_id in group], _RUNS_AT_ONCE):
                for run_id, states in self._states(dag_id, some).items():
                    done |= set(_digests(dag_id, run_id, states))
        return done


def _all_but_newest(jobs: Mapping[str, Job], digests: Mapping[str, str]) -> set[str]:
    """Return all working jobs of each task except the one that was submitted last.

    A listing may miss a job whose status changes at that time; then fewer are found, never more.
    """
    oldest_first = sorted(jobs, key=lambda i: (jobs[i].get("createdAt", 0), i))
    newest = {digests[job_id]: job_id for job_id in oldest_first}
    return set(jobs) - set(newest.values())


def _digests(dag_id: str, run_id: str, states: Mapping[str, str | None]) -> Iterator[str]:
    for name, state in states.items():
        if state not in GIVEN_UP:
            continue
        yield task_digest(dag_id, run_id, name, -1)
        task_id, _, index = name.rpartition("_")
        if index.isdecimal():
            yield task_digest(dag_id, run_id, task_id, int(index))


def _run_of(job: Job) -> Run | None:
    try:
        origin = origin_of(job)
    except InputError as error:
        # A person's copy of one of our jobs: it fails by itself, and must not block other jobs.
        logger.warning("Batch job %s belongs to no task: %s", job["jobId"], error)
        return None
    return (origin.dag_id, origin.run_id) if origin.run_id else None


def _chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
