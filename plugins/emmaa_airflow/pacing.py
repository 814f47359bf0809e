"""Keeping all workers together under the account's limit of submissions.

A limit that each process keeps for itself says nothing of a hundred processes. So tasks that submit
jobs share a pool (``batch.pool``), which Airflow's scheduler keeps over all workers, and each has
its slot for at least a second before it submits. A slot then sees one submission a second at most,
and the deployment as many as the pool has slots. A task's process hardly starts in less than a
second, so almost nothing waits here.
"""

from __future__ import annotations

import time

import psutil

SLOT_SECONDS = 1.0


def await_turn() -> None:
    """Wait until this process, and so its slot, is a second old."""
    age = time.time() - psutil.Process().create_time()
    if 0 <= age < SLOT_SECONDS:  # a negative age: somebody has set the clock
        time.sleep(SLOT_SECONDS - age)
