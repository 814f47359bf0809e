"""The watch's trigger and operator: what goes wrong with one thing keeps no other back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException
from airflow.triggers.base import TaskSuccessEvent

from emmaa_airflow.operators import uploads as operator_module
from emmaa_airflow.operators.uploads import UploadWatchOperator
from emmaa_airflow.triggers import uploads as trigger_module
from emmaa_airflow.triggers.uploads import UploadTrigger
from emmaa_cycle.daily import RunRequest
from emmaa_cycle.settings import load_settings


class Strays:
    """Batch, which does not answer before it is released."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()

    def end(self) -> list[str]:
        self.asked.set()
        assert self.released.wait(60)
        return []


class Finder:
    """A run is missing from the second look on, once Batch was asked."""

    def __init__(self, orphans: Strays) -> None:
        self.looks = 0
        self.orphans = orphans

    def missing(self, now: datetime) -> list[str]:
        self.looks += 1
        assert self.orphans.asked.wait(60)
        return ["a run"] if self.looks > 1 else []


@pytest.fixture
def orphans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Strays]:
    orphans = Strays()
    replacements = {
        "BucketReader": SimpleNamespace(of=lambda _: None),
        "UploadFinder": lambda *_: Finder(orphans),
        "OrphanedJobs": lambda *_: orphans,
        "shared_client": no_client,
    }
    for name, replacement in replacements.items():
        monkeypatch.setattr(trigger_module, name, replacement)
    monkeypatch.setenv("EMMAA_UPLOADS__POLL_SECONDS", "0.001")
    monkeypatch.setenv("EMMAA_BATCH__RESUME_SECONDS", "0")
    load_settings.cache_clear()
    yield orphans
    orphans.released.set()
    load_settings.cache_clear()


async def no_client(*_: Any) -> None:
    return None


async def first(events: AsyncIterator[Any]) -> Any:
    return await anext(events)


def test_missing_runs_are_told_although_batch_does_not_answer(orphans: Strays) -> None:
    async def watch() -> Any:
        event = await first(UploadTrigger(started=datetime.now(UTC).timestamp()).run())
        assert not orphans.released.is_set()
        orphans.released.set()  # or the loop's threads would not end
        return event

    assert asyncio.run(watch()).payload == {"missing": True}


def test_the_watch_ends_although_batch_does_not_answer(orphans: Strays) -> None:
    async def watch() -> Any:
        event = await first(UploadTrigger(started=0).run())
        orphans.released.set()
        return event

    assert isinstance(asyncio.run(watch()), TaskSuccessEvent)


def test_a_run_that_is_refused_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def start(request: RunRequest) -> bool:
        tried.append(request.run_id)
        if request.run_id == "bad":
            raise RuntimeError("403: not allowed")
        return True

    requests = [RunRequest("emmaa_mm_update", run_id, {}) for run_id in ("bad", "good")]
    finder = SimpleNamespace(missing=lambda _: requests)
    monkeypatch.setattr(operator_module, "BucketReader", SimpleNamespace(of=lambda _: None))
    monkeypatch.setattr(operator_module, "UploadFinder", lambda *_: finder)
    monkeypatch.setattr(operator_module, "start_run", start)
    context: Any = {
        "dag": SimpleNamespace(dag_id="emmaa_upload_watch", params={}),
        "dag_run": SimpleNamespace(conf=None, run_type="scheduled"),
    }
    with pytest.raises(AirflowException, match=r"1 of 2 runs.*emmaa_mm_update bad: 403: not allow"):
        UploadWatchOperator(task_id="watch").execute(context)
    assert tried == ["bad", "good"]
