"""Puts a world in the place of everything around the code under test."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock
from weakref import WeakKeyDictionary

import structlog

import emmaa_airflow.triggers.batch
import emmaa_airflow.triggers.uploads
from emmaa_cycle.settings import load_settings
from tests.faults.aws_transport import virtual_clocks
from tests.faults.virtual_time import PROCESS, in_greenlet
from tests.faults.world import BUCKET, World

T = TypeVar("T")
SETTINGS = {
    "EMMAA_BUCKET": BUCKET,
    "EMMAA_BATCH__POLL_SECONDS": "3",
    "EMMAA_BATCH__POLL_MAX_SECONDS": "45",
    "EMMAA_UPLOADS__POLL_SECONDS": "450",
    "EMMAA_UPLOADS__WATCH_SECONDS": "2000",
}
#: Where a job waits for days: most of such a schedule would be the same answers again.
PATIENT_SETTINGS = {
    "EMMAA_BATCH__POLL_MAX_SECONDS": "600",
    "EMMAA_UPLOADS__POLL_SECONDS": "3600",
    "EMMAA_UPLOADS__WATCH_SECONDS": "20000",
}


def simulated_threads(world: World) -> Callable[..., Any]:
    """``in_thread``, whose threads go on when the caller is cancelled."""

    def take_note(work: asyncio.Task[Any]) -> None:
        if not work.cancelled() and (error := work.exception()):
            world.note_error(error)

    async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        work = asyncio.get_running_loop().create_task(in_greenlet(function, *args, **kwargs))
        work.add_done_callback(take_note)
        return await asyncio.shield(work)

    return in_thread


class PerProcess(MutableMapping[Any, Any]):
    """A module's global dictionary, of which each simulated process has its own."""

    def __init__(self) -> None:
        self._of: dict[Any, dict[Any, Any]] = {}

    def _mine(self) -> dict[Any, Any]:
        return self._of.setdefault(PROCESS.get(None), {})

    def __getitem__(self, key: Any) -> Any:
        return self._mine()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._mine()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._mine()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mine())

    def __len__(self) -> int:
        return len(self._mine())


def _clock(world: World) -> type[datetime]:
    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return world.wall_clock().astimezone(tz)

    return VirtualDatetime


def _replacements(world: World) -> Iterator[tuple[Any, str, Any]]:
    """Return the replacements: object, attribute, value."""
    from airflow.sdk.execution_time import task_runner

    import lambdas.upload_to_dag_run.handler
    import lambdas.upload_to_dag_run.mwaa

    def client(service: str, config: Any) -> Any:
        return world.aws.client(service, config)

    mwaa = lambdas.upload_to_dag_run.mwaa
    # As seldom as uploads, or most of a schedule would be listings.
    orphans_seconds = 3600.0 if world.weather.long_wait else 450.0
    yield emmaa_airflow.triggers.uploads, "ORPHANS_SECONDS", orphans_seconds
    yield emmaa_airflow.triggers.batch, "_ENDS_BY_ON_KILL", world.has_on_kill
    yield task_runner, "SUPERVISOR_COMMS", world.comms
    yield mwaa, "boto3", SimpleNamespace(client=client)
    yield lambdas.upload_to_dag_run.handler, "print", lambda *_, **__: None
    yield lambdas.upload_to_dag_run.handler, "upload_note", lambda upload: upload.note()
    yield lambdas.upload_to_dag_run.handler, "airflow_api", lambda: mwaa.MwaaApi("emmaa")
    yield from virtual_clocks(world)
    yield from _of_all_modules(world)


def _of_all_modules(world: World) -> Iterator[tuple[Any, str, Any]]:
    """AWS, threads, clocks, and what is kept for each event loop, of all of Airflow's side."""
    clock = SimpleNamespace(
        sleep=world.sleep,
        monotonic=lambda: world.loop.now,
        time=lambda: world.wall_clock().timestamp(),
    )
    threads = simulated_threads(world)

    def client(service: str, _region: Any, config: Any, *_: Any) -> Any:
        return world.aws.client(service, config)

    names = [n for n in sys.modules if n.partition(".")[0] == "emmaa_airflow"]
    for module in [sys.modules[name] for name in sorted(names)]:
        found = dict(vars(module))
        if "connected_client" in found:
            yield module, "connected_client", client
        if "in_thread" in found:
            yield module, "in_thread", threads
        if found.get("datetime") is datetime:
            yield module, "datetime", _clock(world)
        if found.get("time") is time:
            yield module, "time", clock
        for attribute, value in found.items():
            if isinstance(value, WeakKeyDictionary):
                yield module, attribute, PerProcess()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No log lines: they would take most of the time."""
    logging.disable(logging.CRITICAL)
    processors: list[Any] = structlog.get_config()["processors"]
    usual = list(processors)
    processors[:] = [_drop]  # in place, for loggers keep the list
    try:
        yield
    finally:
        processors[:] = usual
        logging.disable(logging.NOTSET)


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent


@contextlib.contextmanager
def deployed(world: World) -> Iterator[None]:
    """Let the code under test live in a world."""
    trigger = "lambda" if world.uses_lambda else "sensor"
    patience = PATIENT_SETTINGS if world.weather.long_wait else {}
    environment = {**SETTINGS, **patience, "EMMAA_UPLOADS__TRIGGER": trigger}
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict("os.environ", environment))
        world.environment = os.environ
        for owner, name, value in _replacements(world):
            stack.enter_context(mock.patch.object(owner, name, value, create=True))
        stack.enter_context(_silence())
        load_settings.cache_clear()
        stack.callback(load_settings.cache_clear)
        random.seed(world.seed)  # botocore draws its waiting times
        yield
