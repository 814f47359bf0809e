"""Jobs that nobody waits for any more.

When a person marks a task, its trigger ends the job. Nobody does where there is no trigger: in
the moment between the submission and the deferral, before a triggerer has taken the trigger, while
no triggerer is alive, or between two tries of which the first has died. Airflow's database then
says that the task is done, and Batch that its job is at work. Whoever looks at both sees it.

A task that is cleared may leave a job behind, too: when its worker was lost meanwhile, or when the
new plan names the job otherwise (a daily update has its date in the name), so that the next try
does not find it. Of two jobs of one task the older one is nobody's.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import task_digest, task_digest_of
from emmaa_airflow.batch.outcome import BY_AIRFLOW, UNFINISHED
from emmaa_airflow.runs.task_states import GIVEN_UP, states_of_runs
from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin

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
    """Finds and ends such jobs.

    A job is known as a task's by its name, which a digest of bucket, DAG, run, task and map index
    is part of: jobs of other programs, and of other deployments in the same account, are left
    alone. So are jobs of runs and tasks that Airflow does not know: a job whose run was *deleted*
    in the moment between its submission and its deferral goes on to its end.

    :param queues: the names of the queues that jobs are submitted to
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
        """End them and return their ids. Blocks: a trigger must call it in a thread.

        One that cannot be ended is left for the next look.
        """
        jobs = self._unfinished()
        # Jobs first, then states: no job that is listed here is of a try that begins later.
        digests = {job_id: task_digest_of(job["jobName"]) for job_id, job in jobs.items()}
        self._learn_runs(list(digests))
        done = self._done_tasks({run for run in self._runs.values() if run})
        orphans = {i: NO_TASK_WAITS for i, digest in digests.items() if digest in done}
        older = dict.fromkeys(self._still_older(jobs, digests), NEWER_JOB)
        return [i for i, reason in {**older, **orphans}.items() if self._terminate(i, reason)]

    def _still_older(self, jobs: Mapping[str, Job], digests: Mapping[str, str]) -> set[str]:
        """The jobs beside which a newer one of their task is, now and at the last look.

        A try that Airflow had given up ends the second job that it has submitted itself, so what
        is there for a moment only is left alone.
        """
        before, self._older = self._older, _all_but_newest(jobs, digests)
        return before & self._older

    def _unfinished(self) -> dict[str, Job]:
        """The summaries of tasks' jobs that have not ended, by id."""
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
        """Ask which run has submitted each job; once, for that does not change."""
        self._runs = {i: self._runs[i] for i in job_ids if i in self._runs}
        new = [job_id for job_id in job_ids if job_id not in self._runs]
        for some in _chunks(new, _DESCRIBED_AT_ONCE):
            for job in self._jobs.describe(some):
                self._runs[job["jobId"]] = _run_of(job)

    def _done_tasks(self, runs: set[Run]) -> set[str]:
        """The digests of the tasks of some runs whose jobs nobody waits for."""
        done: set[str] = set()
        for dag_id, group in itertools.groupby(sorted(runs), key=lambda run: run[0]):
            for some in _chunks([run_id for _, run_id in group], _RUNS_AT_ONCE):
                for run_id, states in self._states(dag_id, some).items():
                    done |= set(_digests(dag_id, run_id, states))
        return done


def _all_but_newest(jobs: Mapping[str, Job], digests: Mapping[str, str]) -> set[str]:
    """Of each task's jobs at work, all but the one that was submitted last.

    A listing may miss a job that changes its status meanwhile; then fewer are found, never more.
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
    variables = job.get("container", {}).get("environment", [])
    try:
        origin = Origin.from_environment({item["name"]: item["value"] for item in variables})
    except InputError as error:
        # Somebody's own copy of a job of ours: it fails by itself, and no other may wait for it.
        logger.warning("Batch job %s is no task's: %s", job["jobId"], error)
        return None
    return (origin.dag_id, origin.run_id) if origin.run_id else None


def _chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
