"""Tests of the wait for a model's earlier rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emmaa_airflow.rounds.round_order import EarlierRounds
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.settings_sections import Uploads
from emmaa_cycle.uploads import Upload, UploadKind, parse_upload

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
FIRST, ROUND, LATER = "2026-03-03-01-00-00", "2026-03-03-01-00-01", "2026-03-03-01-00-02"
KEYS = {UploadKind.MODEL: model_key, UploadKind.MODEL_MANAGER: model_manager_key}
TASKS = ["run_model_stats"]


class World:
    """A bucket's uploads and Airflow's runs, as :class:`EarlierRounds` sees them."""

    def __init__(self) -> None:
        self.uploads: list[tuple[Upload, datetime]] = []
        self.runs: dict[tuple[str, str], str] = {}
        self.unfinished: dict[str, int] = {}
        self.restored: dict[str, int] = {}

    def add(
        self,
        kind: UploadKind,
        date: str,
        state: str | None = None,
        *,
        unfinished: int = 1,
        age: timedelta = timedelta(hours=1),
        restored: int = 0,
    ) -> None:
        upload = parse_upload("emmaa", KEYS[kind]("marm", date), "etag")
        assert upload
        self.restored[upload.key] = restored
        upload = replace(upload, restored=restored)
        self.uploads.append((upload, NOW - age))
        if state is not None:
            self.runs[upload.dag_id, upload.run_id] = state
            self.unfinished[upload.run_id] = unfinished

    def awaited(self, slots: int = 64, **settings: Any) -> str:
        rounds: Any = EarlierRounds
        return str(
            rounds(self, Uploads(**settings), now=NOW, slots=slots).awaited("marm", ROUND, TASKS)
        )

    def uploads_since(
        self, kind: UploadKind, model: str, since: str
    ) -> Iterator[tuple[Upload, datetime]]:
        assert model == "marm"
        mine = (found for found in self.uploads if found[0].kind is kind)
        listed = ((replace(upload, restored=0), at) for upload, at in mine)  # as S3 lists them
        yield from (found for found in listed if found[0].round_date >= since)

    def version_etags(self, key: str) -> list[str]:
        return ["etag", *["other", "etag"] * self.restored[key]]

    def get_dr_count(
        self, dag_id: str, run_ids: list[str] | None = None, states: list[str] | None = None
    ) -> int:
        return sum(
            dag == dag_id
            and (run_ids is None or run in run_ids)
            and (states is None or state in states)
            for (dag, run), state in self.runs.items()
        )

    def get_ti_count(
        self, dag_id: str, task_ids: list[str], run_ids: list[str], states: list[str]
    ) -> int:
        assert (dag_id, task_ids) == ("emmaa_after_update", TASKS)
        assert {"null", "deferred", "up_for_retry", "restarting"} < set(states)
        assert not {"success", "failed", "skipped", "upstream_failed"} & set(states)
        return sum(self.unfinished[run_id] for run_id in run_ids)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for module in ("rounds.round_order", "runs.dag_runs"):
        monkeypatch.setattr(f"emmaa_airflow.{module}.RuntimeTaskInstance", world)
    return world


@pytest.mark.parametrize("state", ["queued", "running"])
@pytest.mark.parametrize("kind", UploadKind)
def test_an_earlier_round_that_is_at_work_is_waited_for(
    world: World, kind: UploadKind, state: str
) -> None:
    world.add(kind, FIRST, state)
    assert f"upload__marm__{FIRST}__" in world.awaited()


@pytest.mark.parametrize("kind", UploadKind)
def test_the_run_of_an_earlier_round_that_was_restored_is_waited_for(
    world: World, kind: UploadKind
) -> None:
    """Its id is another one than that of the content's first upload."""
    world.add(kind, FIRST, "running", restored=1)
    assert f"upload__marm__{FIRST}__" in world.awaited()


@pytest.mark.parametrize("kind", UploadKind)
def test_a_restored_round_whose_run_is_about_to_start_is_waited_for(
    world: World, kind: UploadKind
) -> None:
    world.add(kind, FIRST, "success", restored=0)
    first = world.uploads.pop()
    world.add(kind, FIRST, age=timedelta(seconds=60), restored=1)
    assert first[0].run_id != world.uploads[0][0].run_id
    assert "is about to start" in world.awaited(grace_seconds=101, poll_seconds=50)


@pytest.mark.parametrize("state", ["success", "failed"])
@pytest.mark.parametrize("kind", UploadKind)
def test_one_that_has_ended_is_not(world: World, kind: UploadKind, state: str) -> None:
    world.add(kind, FIRST, state)
    assert world.awaited() == ""


def test_one_that_is_counted_and_goes_on_with_other_things_is_not(world: World) -> None:
    world.add(UploadKind.MODEL_MANAGER, FIRST, "running", unfinished=0)
    assert world.awaited() == ""


@pytest.mark.parametrize("kind", UploadKind)
def test_neither_itself_nor_a_later_round_is_waited_for(world: World, kind: UploadKind) -> None:
    for date in (ROUND, LATER):
        world.add(kind, date, "running", age=timedelta(0))
    assert world.awaited() == ""


@pytest.mark.parametrize("kind", UploadKind)
def test_an_earlier_round_is_waited_for_whatever_is_listed_before_it(
    world: World, kind: UploadKind
) -> None:
    world.add(kind, LATER, "running", age=timedelta(0))
    world.add(kind, FIRST, "running")
    assert f"upload__marm__{FIRST}__" in world.awaited()


@pytest.mark.parametrize("kind", UploadKind)
def test_a_run_that_the_upload_watch_will_start_is_waited_for(
    world: World, kind: UploadKind
) -> None:
    world.add(kind, FIRST, age=timedelta(seconds=200))
    assert "is about to start" in world.awaited(grace_seconds=101, poll_seconds=50)
    assert world.awaited(grace_seconds=100, poll_seconds=50) == ""  # nobody starts it any more


def test_history_is_not_waited_for(world: World) -> None:
    world.add(UploadKind.MODEL_MANAGER, FIRST, "running")
    assert world.awaited(not_before=NOW) == ""
    assert world.awaited(not_before=NOW - timedelta(hours=1))


def test_rounds_with_too_old_a_date_are_not_waited_for(world: World) -> None:
    world.add(UploadKind.MODEL_MANAGER, "2026-02-28-00-00-00", "running")
    assert world.awaited(key_days=4)
    assert world.awaited(key_days=3) == ""


def test_waiting_runs_that_fill_all_places_do_not_wait_for_one_that_has_none(world: World) -> None:
    world.add(UploadKind.MODEL_MANAGER, FIRST, "queued")
    world.runs |= {("emmaa_after_update", f"upload__{n}"): "running" for n in range(3)}
    assert world.awaited(slots=4)
    assert world.awaited(slots=3) == ""
