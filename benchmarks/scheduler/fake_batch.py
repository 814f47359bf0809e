"""A Batch that only keeps books: jobs end by the clock, calls are counted and throttled.

It stands for AWS where the number or the rate of calls is measured, for there the jobs' own
processes would need the machine that the callers are measured on. It serves from a process of
its own; :class:`FakeBatch` talks to it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

#: AWS Batch allows so many calls of one kind a second in an account.
CALLS_PER_SECOND = 50


@dataclass
class Job:
    """A job that runs from its submission to its end, seconds since the epoch."""

    name: str
    submitted: float
    end: float
    queue: str = "q"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def summary(self, now: float) -> dict[str, Any]:
        """Return the job as ListJobs lists it."""
        done = now >= self.end
        times = {"createdAt": int(self.submitted * 1000), "startedAt": int(self.submitted * 1000)}
        return {
            "jobId": self.id,
            "jobName": self.name,
            "status": "SUCCEEDED" if done else "RUNNING",
            **times,
            **({"stoppedAt": int(self.end * 1000)} if done else {}),
        }

    def description(self, now: float) -> dict[str, Any]:
        """Return the job as DescribeJobs describes it."""
        more = {
            "jobQueue": self.queue,
            "jobDefinition": "d",
            "container": {"logStreamName": self.id},
        }
        return {**self.summary(now), **more}


class TokenBucket:
    """A rate limit with a burst of one second, as AWS' API throttling has."""

    def __init__(self, rate: float) -> None:
        self._rate = self._tokens = rate
        self._then = time.monotonic()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = time.monotonic()
        self._tokens = min(self._rate, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Server:
    """The handlers and their state.

    :param seconds: how long jobs run that are submitted
    """

    def __init__(self, seconds: float, rate: float) -> None:
        self._seconds, self._rate = seconds, rate
        self._jobs: dict[str, Job] = {}
        self._by_prefix: dict[str, list[Job]] = {}
        self._calls: dict[str, list[float]] = {}
        self._throttled: Counter[str] = Counter()
        self._buckets: dict[str, TokenBucket] = {}

    def application(self) -> web.Application:
        """Return the web application that answers as Batch."""
        app = web.Application()
        app.router.add_post("/v1/{operation}", self._batch)
        app.router.add_post("/jobs", self._add)
        app.router.add_get("/books", self._books)
        app.router.add_post("/", self._logs)
        return app

    async def _batch(self, request: web.Request) -> web.Response:
        operation = request.match_info["operation"]
        self._calls.setdefault(operation, []).append(time.time())
        bucket = self._buckets.setdefault(operation, TokenBucket(self._rate))
        if not bucket.take():
            self._throttled[operation] += 1
            headers = {"x-amzn-ErrorType": "TooManyRequestsException"}
            return web.json_response({"message": "Too Many Requests"}, status=429, headers=headers)
        handler = getattr(self, f"_{operation}")
        return web.json_response(handler(await request.json()))

    def _describejobs(self, body: dict[str, Any]) -> dict[str, Any]:
        now = time.time()
        return {"jobs": [self._jobs[i].description(now) for i in body["jobs"] if i in self._jobs]}

    def _listjobs(self, body: dict[str, Any]) -> dict[str, Any]:
        [pattern] = body["filters"][0]["values"]
        prefix = pattern.removesuffix("*").lower()
        now = time.time()
        found = self._by_prefix.get(prefix.rstrip("-"), [])
        here = [job for job in found if job.queue == body["jobQueue"]]
        return {"jobSummaryList": [job.summary(now) for job in here]}

    def _submitjob(self, body: dict[str, Any]) -> dict[str, Any]:
        job = self._keep(body["jobName"], self._seconds, body["jobQueue"])
        return {"jobId": job.id, "jobName": job.name, "jobArn": f"arn:aws:batch:::job/{job.id}"}

    def _terminatejob(self, body: dict[str, Any]) -> dict[str, Any]:
        self._jobs[body["jobId"]].end = time.time()
        return {}

    def _keep(self, name: str, seconds: float, queue: str = "q") -> Job:
        now = time.time()
        job = Job(name, now, now + seconds, queue)
        self._jobs[job.id] = job
        for prefix in _prefixes(name):
            self._by_prefix.setdefault(prefix, []).append(job)
        return job

    async def _add(self, request: web.Request) -> web.Response:
        jobs = [self._keep("job", seconds) for seconds in await request.json()]
        return web.json_response([asdict(job) for job in jobs])

    async def _books(self, request: web.Request) -> web.Response:
        jobs = [job.submitted for job in self._jobs.values()]
        books = {"calls": self._calls, "throttled": self._throttled, "submissions": jobs}
        return web.json_response(books)

    async def _logs(self, request: web.Request) -> web.Response:
        return web.json_response({"events": []})


def _prefixes(name: str) -> list[str]:
    """Return the keys under which jobs are indexed: their task's prefix, and the name before
    :meth:`emmaa_airflow.batch.identity.JobIdentity.of` made it unique.
    """
    task = name.lower().removesuffix("-large").rpartition("-")[0]
    return [task, task.rpartition("-")[0]]


class FakeBatch:
    """The server in a separate process; to be used in a ``with`` block."""

    def __init__(self, *, seconds: float = 60.0, rate: float = CALLS_PER_SECOND) -> None:
        argv = [sys.executable, "-m", __spec__.name if __spec__ else __name__]
        self._process = subprocess.Popen(
            [*argv, "--seconds", str(seconds), "--rate", str(rate)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def __enter__(self) -> FakeBatch:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def add(self, seconds: list[float]) -> list[dict[str, Any]]:
        """Have jobs that run for so long from now on."""
        request = urllib.request.Request(f"{self.url}/jobs", json.dumps(seconds).encode())
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            jobs: list[dict[str, Any]] = json.load(answer)
        return jobs

    def books(self) -> dict[str, Any]:
        """By operation, the times of all ``calls`` and how many were ``throttled``; and when jobs
        were submitted.
        """
        with urllib.request.urlopen(f"{self.url}/books") as answer:
            books: dict[str, Any] = json.load(answer)
        return books


def _serve() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=float)
    arguments = parser.parse_args()
    import socket

    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    application = Server(arguments.seconds, arguments.rate).application()
    web.run_app(application, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    _serve()
