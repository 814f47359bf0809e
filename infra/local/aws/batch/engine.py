"""The order of jobs: dependencies, slots, retries and a job's way to its end.

Everything is driven by events. A job waits in a queue, not in a thread, and nothing polls.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from infra.local.aws.batch.job import Attempt, Job, JobStatus, Stop, variables_of
from infra.local.aws.batch.runner import NOT_STARTED, AttemptRun, JobHost
from infra.local.aws.runtime.clock import now_ms

logger = logging.getLogger(__name__)

DEPENDENCY_FAILED = "Dependent Job failed"
#: As AWS words it when an instance ends.
HOST_LOST = "Host EC2 (instance i-local) terminated."


class JobEngine:
    """Runs jobs, a fixed number at a time, in the order of their submission.

    :param slots: how many jobs run at the same time
    :param on_change: called with a job at each change of its state, under the engine's lock
    """

    def __init__(
        self, host: JobHost, slots: int, on_change: Callable[[Job], None] = lambda job: None
    ) -> None:
        self.lock = threading.RLock()
        self._on_change = on_change
        self._host = host
        self._free = slots
        self._closed = False
        self._runnable: deque[Job] = deque()
        self._runs: dict[str, AttemptRun] = {}
        self._dependents: dict[str, list[Job]] = {}
        self._unmet: dict[str, int] = {}
        self._idle = threading.Condition(self.lock)

    def submit(self, job: Job, dependencies: Iterable[Job]) -> None:
        """Take a new job.

        :param dependencies: the jobs that must succeed first
        """
        with self.lock:
            needed = {other.id: other for other in dependencies}.values()
            if any(other.status is JobStatus.FAILED for other in needed):
                self._finish(job, JobStatus.FAILED, DEPENDENCY_FAILED)
                return
            unfinished = [other for other in needed if not other.status.finished]
            if not unfinished:
                self._make_runnable(job)
                return
            job.status = JobStatus.PENDING
            self._on_change(job)
            self._unmet[job.id] = len(unfinished)
            for other in unfinished:
                self._dependents.setdefault(other.id, []).append(job)

    def expect(self, container: Mapping[str, Any], region: str) -> None:
        """Get ready for jobs of a definition.

        :param container: its container properties
        """
        environment = self._host.environment(variables_of(container), region)
        self._host.launcher.prepare(environment)

    def resume(self, jobs: Iterable[tuple[Job, list[Job]]]) -> None:
        """Take the unfinished jobs of a server that was killed, in their order.

        An attempt that was under way ended with its host, as AWS has it.

        :param jobs: each with the jobs that must succeed first
        """
        with self.lock:
            waiting = []
            for job, dependencies in jobs:
                if job.status.waiting:
                    waiting.append((job, dependencies))
                    continue
                attempt = job.attempts[-1]
                attempt.status_reason = HOST_LOST
                attempt.stopped_at = now_ms()
                self._conclude(job, attempt)
            for job, dependencies in waiting:
                self.submit(job, dependencies)

    def stop(self, job: Job, stop: Stop) -> None:
        """End a job, whatever it is doing; one that is finished stays as it is."""
        with self.lock:
            if job.status.finished or job.stop is not None:
                return
            if stop.cancel and not job.status.waiting:
                return  # CancelJob has no effect on a job that has started
            job.stop = stop
            self._on_change(job)
            if job.status.waiting:
                if job.status is JobStatus.RUNNABLE:
                    self._runnable.remove(job)
                self._finish(job, JobStatus.FAILED, stop.reason)
            elif run := self._runs.get(job.id):
                run.stop()

    def close(self, grace: float, reason: str) -> None:
        """End all jobs and take no more.

        :param grace: seconds until what still runs is killed
        """
        with self.lock:
            self._closed = True
            for job in list(self._runnable):
                self.stop(job, Stop(reason, cancel=False))
            for run in self._runs.values():
                run.stop(grace)
            if not self._idle.wait_for(lambda: not self._runs, timeout=grace):
                for run in self._runs.values():
                    run.kill()
                self._idle.wait_for(lambda: not self._runs, timeout=1)

    def _make_runnable(self, job: Job, *, first: bool = False) -> None:
        job.status = JobStatus.RUNNABLE
        if first:
            self._runnable.appendleft(job)
        else:
            self._runnable.append(job)
        self._on_change(job)
        self._fill_slots()

    def _fill_slots(self) -> None:
        while self._free and self._runnable and not self._closed:
            self._free -= 1
            job = self._runnable.popleft()
            job.status = JobStatus.STARTING
            stream = f"{job.definition.name}/default/{uuid.uuid4().hex}"
            job.attempts.append(Attempt(log_stream=stream))
            self._on_change(job)
            run = self._runs[job.id] = AttemptRun(self._host, job, job.attempts[-1])
            threading.Thread(
                target=self._run, args=(job, run), name=f"job {job.id}", daemon=True
            ).start()

    def _run(self, job: Job, run: AttemptRun) -> None:
        attempt = job.attempts[-1]
        logger.info("Job %s (%s): attempt %d starts", job.name, job.id, len(job.attempts))
        try:
            run.run(lambda: self._mark_running(job))
        except Exception as error:
            logger.exception("Job %s (%s) could not be run", job.name, job.id)
            run.kill()
            attempt.reason = f"CannotStartContainerError: {error}"
            attempt.status_reason = NOT_STARTED
            attempt.stopped_at = now_ms()
        with self.lock:
            self._free += 1
            del self._runs[job.id]
            self._conclude(job, attempt)
            self._fill_slots()
            self._idle.notify_all()

    def _mark_running(self, job: Job) -> None:
        with self.lock:
            job.status = JobStatus.RUNNING
            self._on_change(job)

    def _conclude(self, job: Job, attempt: Attempt) -> None:
        """Decide what an attempt's end means for its job."""
        if job.stop is not None:
            self._finish(job, JobStatus.FAILED, job.stop.reason)
        elif attempt.exit_code == 0 and not attempt.timed_out:
            self._finish(job, JobStatus.SUCCEEDED, attempt.status_reason)
        elif self._retries(job, attempt):
            logger.info("Job %s (%s): tried again after %s", job.name, job.id, _end_of(attempt))
            self._make_runnable(job, first=True)
        else:
            self._finish(job, JobStatus.FAILED, attempt.status_reason)

    def _retries(self, job: Job, attempt: Attempt) -> bool:
        if attempt.timed_out or self._closed:
            return False  # Batch does not retry a job that took too long
        return job.retry_strategy.retries(
            len(job.attempts), attempt.exit_code, attempt.reason, attempt.status_reason
        )

    def _finish(self, job: Job, status: JobStatus, reason: str | None) -> None:
        self._unmet.pop(job.id, None)
        job.stopped_at = now_ms()
        job.status_reason = reason
        job.status = status
        self._on_change(job)
        end = _end_of(job.attempts[-1]) if job.attempts else "no attempt"
        logger.info("Job %s (%s): %s, %s: %s", job.name, job.id, status, end, reason)
        for dependent in self._dependents.pop(job.id, []):
            self._dependency_finished(dependent, status)

    def _dependency_finished(self, job: Job, status: JobStatus) -> None:
        if job.status is not JobStatus.PENDING:
            return
        if status is JobStatus.FAILED:
            self._finish(job, JobStatus.FAILED, DEPENDENCY_FAILED)
            return
        self._unmet[job.id] -= 1
        if not self._unmet[job.id]:
            del self._unmet[job.id]
            self._make_runnable(job)


def _end_of(attempt: Attempt) -> str:
    return f"exit code {attempt.exit_code}" if attempt.reason is None else attempt.reason
