"""Faults while the day runs: the scheduler is replaced, and Celery delivers twice.

SQS delivers a message once more that is not deleted within the queue's visibility timeout, and
Celery deletes it when the task has ended. So a short timeout makes tasks run twice.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra.local.aws.client import make_client
from infra.local.stack.airflow_api import AirflowApi
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.jobs_environment import REGION
from infra.mwaa.run.images import log_group
from infra.mwaa.run.stack import MWAA_VISIBILITY, MwaaStack

_POLL_SECONDS = 3.0
_RECEIVED = re.compile(r"Task \S+\[(?P<task>[0-9a-f-]{36})\] received")
#: The first run that only an upload starts: by then jobs have run, and others are running.
_MIDDAY = "emmaa_mm_update"


@dataclass
class Disturbed:
    """The faults that were made.

    :param restarted: whether the scheduler was replaced while runs were active
    """

    restarted: bool = False
    errors: list[Exception] = field(default_factory=list)


@contextmanager
def disturbed(stack: MwaaStack) -> Iterator[Disturbed]:
    """Disturb the day that runs in the block, from a separate thread."""
    done, over = Disturbed(), threading.Event()
    thread = threading.Thread(target=_work, args=(stack, done, over), name="disturbances")
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def _work(stack: MwaaStack, done: Disturbed, over: threading.Event) -> None:
    airflow = AirflowApi(stack.ui_url, USERNAME, "")
    try:
        _disturb(stack, airflow, done, over)
    except Exception as error:  # noqa: BLE001 - shown with the day's faults
        done.errors.append(error)
    finally:
        airflow.close()


def _disturb(stack: MwaaStack, airflow: AirflowApi, done: Disturbed, over: threading.Event) -> None:
    since, short = datetime.now(UTC), True
    while not over.wait(_POLL_SECONDS):
        if short and delivered_twice(stack):
            stack.set_visibility(MWAA_VISIBILITY)
            short = False
        if not done.restarted and any(r["dag_id"] == _MIDDAY for r in airflow.runs(since)):
            stack.announce("replacing the scheduler")
            stack.restart_scheduler()
            done.restarted = True
        if done.restarted and not short:
            return


def delivered_twice(stack: MwaaStack) -> int:
    """Return how many Celery tasks the worker received more than once."""
    # Not the day's client, which another thread uses.
    logs = make_client("logs", stack.aws_url, REGION)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=log_group("Worker"))
        lines = [event["message"] for page in pages for event in page["events"]]
    finally:
        logs.close()
    received = Counter(found["task"] for line in lines if (found := _RECEIVED.search(line)))
    return sum(times > 1 for times in received.values())
