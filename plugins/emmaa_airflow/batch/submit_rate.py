"""The submission rate of all workers together, below the account's limit.

A limit per process does not limit a hundred processes. So tasks that submit jobs share a pool
(``batch.pool``), which Airflow's scheduler enforces over all workers. A task holds its slot for at
least one second per ListJobs call, and lists at least once before it submits. So each slot makes at
most one submission and one listing per second, and the deployment as many as the pool has slots. A
task's process takes about a second to start, so there is hardly any wait here.
"""

from __future__ import annotations

import time

import psutil

SLOT_SECONDS = 1.0


class Turns:
    """The calls of one process, which has held its slot since it began."""

    def __init__(self) -> None:
        self._taken = 0

    def take(self) -> None:
        """Wait until another call is within the limit."""
        self._taken += 1
        await_turn(self._taken)


def await_turn(number: int = 1) -> None:
    """Wait until this process, and so its slot, is as many seconds old as it makes calls."""
    age = time.time() - psutil.Process().create_time()
    if 0 <= age < number * SLOT_SECONDS:  # a negative age: the clock was set
        time.sleep(number * SLOT_SECONDS - age)
