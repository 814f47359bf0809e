"""AWS Batch as its documentation describes it, in virtual time.

Names need not be unique, SubmitJob has no idempotency token, a listing by name covers all
statuses and may lag behind, and a job that is terminated takes its time to end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from tests.faults.batch_jobs import FINISHED, End, Job
from tests.faults.virtual_time import EPOCH

#: What made a job unwanted in place of a clear's number: its run was deleted.
DELETED = -1
#: How many jobs are on a page of ListJobs: it may be empty, and more may come after it.
PAGES = (0, 1, 2, 3)
#: How long a job without a machine may be at the head of its queue: the least that Batch takes.
HEAD_SECONDS = 600.0
NO_CAPACITY = (
    "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
)


@dataclass
class FakeBatch:
    """The account's jobs.

    :param clock: the virtual time
    :param on_success: called with a job that has succeeded
    :param claim: takes a job's claim as it starts; returns which one it does not get
    :param is_wanted: whether a task still waits for a job; else it runs until it is terminated,
        so that a kill that was lost cannot pass for a job that has ended
    :param list_lag: for how many seconds at most ListJobs shows an older state
    :param describe_lag: the same of DescribeJobs
    :param long_wait: for how many seconds the first job of a day stays RUNNABLE; 0 for none
    :param lacks_capacity: whether AWS has no machine for a job that is submitted at a moment
    """

    clock: Callable[[], float]
    call_at: Callable[[float, Callable[[], None]], Any]
    rng: random.Random
    choose_end: Callable[[random.Random, dict[str, Any]], End]
    on_success: Callable[[Job], None]
    claim: Callable[[Job], str]
    is_wanted: Callable[[Job], bool]
    list_lag: float = 0.0
    describe_lag: float = 0.0
    long_wait: float = 0.0
    lacks_capacity: Callable[[float], bool] = lambda _: False
    jobs: dict[str, Job] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def handle(self, operation: str, body: dict[str, Any], attempt: Any) -> dict[str, Any]:
        """Answer one request."""
        self.calls[operation] = self.calls.get(operation, 0) + 1
        if operation == "submitjob":
            return self._submit(body, attempt)
        if operation == "terminatejob":
            return self._terminate(body)
        if operation == "listjobs":
            return self._list(body)
        if operation == "describejobs":
            return self._describe(body)
        raise NotImplementedError(operation)

    def _submit(self, body: dict[str, Any], attempt: Any) -> dict[str, Any]:
        overrides = body["containerOverrides"]
        now = self.clock()
        job = Job(
            id=f"job-{len(self.jobs) + 1:04}",
            name=body["jobName"],
            queue=body["jobQueue"],
            definition=body["jobDefinition"],
            environment={item["name"]: item["value"] for item in overrides["environment"]},
            command=overrides.get("command", []),
            tags=body.get("tags", {}),
            attempt=attempt,
            end=self.choose_end(self.rng, body),
            history=[(now, "SUBMITTED")],
        )
        self.jobs[job.id] = job
        waits = self.rng.choice([0.2, 1.0, 5.0, 30.0])
        if self.long_wait:
            waits, self.long_wait = self.long_wait, 0.0
        if self.lacks_capacity(now):
            self.call_at(now + HEAD_SECONDS, lambda: self._cancel(job))
        else:
            self.call_at(now + waits, lambda: self._begin(job))
        return {"jobId": job.id, "jobName": job.name}

    def _cancel(self, job: Job) -> None:
        if job.status(self.clock()) not in FINISHED:
            job.lacked_capacity = True
            job.history.append((self.clock(), "FAILED"))

    def _begin(self, job: Job) -> None:
        if job.status(self.clock()) in FINISHED:
            return
        job.history.append((self.clock(), "RUNNING"))
        if refused := self.claim(job):
            job.refused = refused
            job.exit_code = EXIT_BAD_INPUT if refused == "date" else EXIT_UNAVAILABLE
            self.call_at(self.clock() + 0.5, lambda: job.history.append((self.clock(), "FAILED")))
            return
        job.started = self.clock()
        self.call_at(self.clock() + job.end.seconds, lambda: self._finish(job))

    def _finish(self, job: Job) -> None:
        if job.status(self.clock()) in FINISHED or job.unwanted_by or not self.is_wanted(job):
            return
        job.exit_code, job.reason = job.end.exit_code, job.end.container_reason
        succeeded = job.exit_code == 0
        if succeeded:
            self.on_success(job)  # a job writes its object before it ends
        job.history.append((self.clock(), "SUCCEEDED" if succeeded else "FAILED"))

    def give_up(self, task: Any, clear: int) -> None:
        """Mark the jobs of a task as unwanted, because a person has cleared the task."""
        for job in self.jobs.values():
            if job.attempt.task == task and not job.unwanted_by:
                job.unwanted_by = clear

    def give_up_newest(self, task: Any, clear: int) -> Job | None:
        """Nobody wants the newest job of a task any more; return it if it has not ended."""
        newest = [job for job in self.jobs.values() if job.attempt.task == task][-1:]
        for job in newest:
            job.unwanted_by = clear
        return next((job for job in newest if job.status(self.clock()) not in FINISHED), None)

    def want_again(self, task: Any, clear: int) -> None:
        """Mark a task's job as wanted again: its clear was lost, so the next try adopts it."""
        for job in self.jobs.values():
            if job.attempt.task == task and job.unwanted_by == clear:
                self._go_on(job)

    def go_on(self, task: Any) -> None:
        """Forget that a task was cleared or marked: Airflow has, or its run is recreated."""
        for job in self.jobs.values():
            if job.attempt.task == task:
                self._go_on(job)

    def _go_on(self, job: Job) -> None:
        job.unwanted_by = 0
        if job.started is not None and job.status(self.clock()) == "RUNNING":
            self.call_at(self.clock() + job.end.seconds, partial(self._finish, job))

    def _terminate(self, body: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[body["jobId"]]
        status = job.status(self.clock())
        if status in FINISHED or job.asked_to_end:
            return {}
        job.asked_to_end = (self.clock(), body["reason"])
        grace = self.rng.choice([0.0, 2.0, 30.0]) if status == "RUNNING" else 0.0
        self.call_at(self.clock() + grace, lambda: self._killed(job))
        return {}

    def _killed(self, job: Job) -> None:
        if job.status(self.clock()) in FINISHED or job.refused:
            return
        job.exit_code = 143 if job.status(self.clock()) == "RUNNING" else None
        job.history.append((self.clock(), "FAILED"))

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        seen = self.clock() - self.rng.uniform(0, self.list_lag)
        in_queue = [job for job in self.jobs.values() if job.queue == body["jobQueue"]]
        found = [job for job in in_queue if job.submitted <= seen and _fits(job, body, seen)]
        start = int(body.get("nextToken") or 0)
        # An empty first page alone, or a listing might never end.
        end = start + self.rng.choice(PAGES if not start else PAGES[1:])
        page: dict[str, Any] = {"jobSummaryList": [_summary(job, seen) for job in found[start:end]]}
        if end < len(found):
            page["nextToken"] = str(end)
        return page

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        assert 1 <= len(body["jobs"]) <= 100
        seen = self.clock() - self.rng.uniform(0, self.describe_lag)
        found = [self.jobs[i] for i in body["jobs"] if i in self.jobs]
        return {"jobs": [self._detail(job, seen) for job in found if job.submitted <= seen]}

    def _detail(self, job: Job, seen: float) -> dict[str, Any]:
        status = job.status(seen)
        container: dict[str, Any] = {"logStreamName": f"{job.definition}/default/{job.id}"}
        attempts = []
        if status in FINISHED:
            if job.exit_code is not None:
                container["exitCode"] = job.exit_code
            if job.reason:
                container["reason"] = job.reason
            attempts = [{"container": dict(container)}]
        ended = job.asked_to_end is not None and job.asked_to_end[0] <= seen
        reason = job.asked_to_end[1] if ended and job.asked_to_end else job.end.status_reason
        if job.lacked_capacity and not ended:
            reason = NO_CAPACITY
        return {
            **_summary(job, seen),
            "jobQueue": job.queue,
            "jobDefinition": job.definition,
            "container": {
                **(container if status not in ("SUBMITTED", "RUNNABLE") else {}),
                "environment": [{"name": k, "value": v} for k, v in job.environment.items()],
                "command": job.command,
            },
            "tags": job.tags,
            "attempts": attempts,
            "isTerminated": ended,
            "isCancelled": False,
            **({"statusReason": reason} if status in FINISHED else {}),
        }


def _fits(job: Job, body: dict[str, Any], seen: float) -> bool:
    """By name in every status, else by status."""
    if "filters" not in body:
        return bool(job.status(seen) == body["jobStatus"])
    (condition,) = body["filters"]
    assert condition["name"] == "JOB_NAME"
    name, pattern = job.name.lower(), condition["values"][0].lower()
    return bool(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern)


def _summary(job: Job, seen: float) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "jobName": job.name,
        "status": job.status(seen),
        "createdAt": int((EPOCH.timestamp() + job.submitted) * 1000),
        "startedAt": int(job.submitted * 1000),
        "jobArn": f"arn:aws:batch:us-east-1:123456789012:job/{job.id}",
    }
