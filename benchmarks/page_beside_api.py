"""Measure Airflow's own API while the EMMAA page reads its models (docs/page.md).

A local stack whose bucket has 1,000 models. Quiet and busy times take turns in the same run, so
that the machine's own load is in both. One person calls Airflow's API, one call after the other.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.page_bench import fill_bucket, s3_client
from emmaa_cycle.resources import BUCKET
from infra.local.stack.airflow_environment import NO_SCHEDULE, USERNAME
from infra.local.stack.process_stack import Stack
from infra.local.stack.signals import interrupted_by_signals

MODELS = 1000
#: Those that have a new round, in a refresh that finds some.
CHANGED = 100
#: Pairs of a quiet and a busy time.
TURNS = 5
#: The length of a quiet time, in seconds; a busy one lasts as long as the page reads.
QUIET_SECONDS = 4.0
CALLS = ("/api/v2/dags?limit=50", "/api/v2/dags/~/dagRuns?limit=50")


@dataclass
class Times:
    """Milliseconds of calls, when the page was quiet and when it read."""

    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """Return a row of the table."""
        (quiet, quiet_95), (busy, busy_95) = map(_two, (self.quiet, self.busy))
        return (
            f"| {name} | {quiet:.0f} / {quiet_95:.0f} ms | {busy:.0f} / {busy_95:.0f} ms"
            f" | {busy / quiet:.1f} × | {len(self.quiet)}, {len(self.busy)} |"
        )


def _two(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start a stack without the demo's models, and end it."""
    with (
        tempfile.TemporaryDirectory(prefix="emmaa-page-bench-") as folder,
        interrupted_by_signals(),
    ):
        stack = Stack(Path(folder) / "stack", 0, 0, seeded=False, settings=NO_SCHEDULE)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def log_in(stack: Stack) -> httpx.Client:
    """Return a client of the stack's API server, logged in."""
    login = {"username": USERNAME, "password": stack.password}
    answer = httpx.post(f"{stack.ui_url}/auth/token", json=login, timeout=90, trust_env=False)
    token = answer.raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=stack.ui_url, headers=headers, timeout=90, trust_env=False)


def call_while(client: httpx.Client, goes_on: Callable[[], bool]) -> list[float]:
    """Call Airflow's API until a condition ends, and return the milliseconds of each call."""
    times = []
    while goes_on():
        for path in CALLS:
            begun = time.perf_counter()
            client.get(path).raise_for_status()
            times.append(1000 * (time.perf_counter() - begun))
    return times


def before(end: float) -> Callable[[], bool]:
    """Return a condition that holds until a moment of the monotonic clock."""
    return lambda: time.monotonic() < end


def refreshes(client: httpx.Client) -> bool:
    """Return whether the page is being refreshed."""
    answer = client.get("/emmaa/api/models", params={"limit": 1})
    # Until the first models are known there is no answer yet.
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE or bool(
        answer.raise_for_status().json()["refreshing"]
    )


def take_turns(
    client: httpx.Client, turns: int, change: Callable[[int], None] = lambda number: None
) -> Times:
    """Call Airflow's API while nobody looks at the page, and while it reads the models.

    :param change: what is done before each reading, with its number
    """
    times = Times()
    for number in range(1, turns + 1):
        change(number)
        times.quiet += call_while(client, before(time.monotonic() + QUIET_SECONDS))
        client.get("/emmaa/overview", params={"fresh": "1"})
        times.busy += call_while(client, lambda: refreshes(client))
    return times


def main() -> None:
    """Print the table."""
    with running_stack() as stack, log_in(stack) as client:
        s3 = s3_client(stack.aws_url)
        fill_bucket(s3, BUCKET, MODELS)
        # What is slow only once.
        call_while(client, before(time.monotonic() + QUIET_SECONDS))
        print("| the page reads 1,000 models, of which | quiet | while it reads | slower | calls |")
        print("|---|---|---|---|---|", flush=True)
        print(take_turns(client, 1).row("none is known"), flush=True)
        print(take_turns(client, TURNS).row("none changed"), flush=True)
        some = take_turns(client, TURNS, lambda number: fill_bucket(s3, BUCKET, CHANGED, number))
        print(some.row(f"{CHANGED} changed"), flush=True)


if __name__ == "__main__":
    main()
