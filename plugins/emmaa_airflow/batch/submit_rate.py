"""Keeping all workers together under the account's limit of submissions.

A limit that each process keeps for itself says nothing of a hundred processes. So tasks that submit
jobs share a pool (``batch.pool``), which Airflow's scheduler keeps over all workers, and each has
its slot for at least a second for each ListJobs that it makes, of which at least one goes before
its SubmitJob. A slot then sees one submission and one listing a second at most, and the deployment
as many as the pool has slots. A task's process hardly starts in less than a second, so almost
nothing waits here.
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
        """Wait until one more call keeps the limit."""
        self._taken += 1
        await_turn(self._taken)


def await_turn(number: int = 1) -> None:
    """Wait until this process, and so its slot, is a second old for each of so many calls."""
    age = time.time() - psutil.Process().create_time()
    if 0 <= age < number * SLOT_SECONDS:  # a negative age: somebody has set the clock
        time.sleep(number * SLOT_SECONDS - age)
