"""The turns of a model's updates: days of a backfill follow each other, for each model alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.batch.in_flight import JobInFlight
from emmaa_airflow.operators import day_order
from emmaa_airflow.operators.day_order import TurnSensor
from emmaa_airflow.rounds import update_order

DAYS = [datetime(2026, 3, day, 17, tzinfo=UTC) for day in range(1, 8)]
MODELS = ["ras", "marm"]
Task = tuple[str, int]


@dataclass
class Day:
    """A run of the pipeline, as Airflow reports it.

    :param tasks: the states of its tasks about each model
    """

    date: datetime
    state: str = "running"
    listed: str | None = "success"
    models: Sequence[str] | None = tuple(MODELS)
    tasks: dict[Task, str | None] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        return f"backfill__{self.date:%d}"

    def set(self, model: str, plan: str | None, update: str | None) -> None:
        index = list(self.models or ()).index(model)
        self.tasks["model.plan", index] = plan
        self.tasks["model.run_model_update", index] = update


@dataclass
class World:
    """Airflow's runs and Batch's updates, by model."""

    days: list[Day]
    in_flight: dict[str, str] = field(default_factory=dict)
    waited_since: datetime | None = None

    dag_id = "emmaa_update_pipeline"
    log = logging.getLogger("test_turn")

    def earlier(self, dag_id: str, day: datetime | None) -> Iterator[str]:
        assert dag_id == self.dag_id
        running = [d for d in self.days if d.state == "running" and day and d.date < day]
        yield from (d.run_id for d in reversed(running))

    def day(self, run_id: str) -> Day:
        return next(day for day in self.days if day.run_id == run_id)

    def xcom_pull(self, task_ids: str, run_id: str, map_indexes: None) -> Sequence[str] | None:
        day = self.day(run_id)
        return list(day.models) if day.models is not None and day.listed == "success" else None

    def get_task_states(
        self, dag_id: str, task_ids: list[str], run_ids: list[str], map_index: int | None = None
    ) -> dict[str, dict[str, str | None]]:
        day = self.day(*run_ids)
        if map_index is None:
            return {day.run_id: {"list_models": day.listed}}
        return {
            day.run_id: {
                f"{task}_{index}": state
                for (task, index), state in day.tasks.items()
                if task in task_ids and index == map_index
            }
        }

    def get_ti_count(
        self, dag_id: str, task_ids: list[str], run_ids: list[str], states: list[str]
    ) -> int:
        tasks = self.day(*run_ids).tasks
        return sum(t in task_ids and str(s or "null") in states for (t, _), s in tasks.items())

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.waited_since

    def update(self, model: str) -> JobInFlight | None:
        run = self.in_flight.get(model)
        return JobInFlight("1", "job", "RUNNABLE", "CAPACITY", model, run_id=run) if run else None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return patched(World([Day(date) for date in DAYS]), monkeypatch)


def patched(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(update_order, "earlier_running_runs", world.earlier)
    monkeypatch.setattr(day_order, "earlier_running_runs", world.earlier)
    monkeypatch.setattr(update_order, "_update_in_flight", world.update)
    return world


def context(world: World, day: Day, run_type: str = "backfill") -> Any:
    return {
        "ti": world,
        "dag_run": SimpleNamespace(logical_date=day.date, run_type=run_type, run_id=day.run_id),
    }


def goes(world: World, day: Day, model: str, run_type: str = "backfill") -> bool:
    """Return whether a day's update of a model may proceed."""
    try:
        update_order.await_turn(model, context(world, day, run_type))
    except AirflowRescheduleException:
        return False
    return True


def begins(world: World, day: Day, run_type: str = "backfill") -> bool:
    return bool(TurnSensor(task_id="wait").poke(context(world, day, run_type)))


@given(data=st.data(), days=st.integers(1, 5), models=st.integers(1, 3))
def test_the_days_of_each_model_follow_each_other_and_none_waits_for_ever(
    data: st.DataObject, days: int, models: int
) -> None:
    """Whichever run ends next, the earliest day of each model proceeds, one at a time."""
    names = [f"m{n}" for n in range(models)]
    with pytest.MonkeyPatch.context() as patch:
        world = patched(World([Day(date, models=names) for date in DAYS[:days]]), patch)
        for day in world.days:
            for name in names:
                day.set(name, None, None)
        stuck = data.draw(st.sampled_from([*names, None]))
        order: dict[str, list[datetime]] = {name: [] for name in names}
        while work := [
            (day, name) for day in world.days for name in names if day.tasks and waits(day, name)
        ]:
            ready = [(day, name) for day, name in work if goes(world, day, name)]
            flying = set(world.in_flight) - {stuck}
            assert len({name for _, name in ready}) == len(ready)
            assert not {name for _, name in ready} & set(world.in_flight)
            if not ready and not flying:
                break
            if ready and (not flying or data.draw(st.booleans())):
                day, name = data.draw(st.sampled_from(ready))
                day.set(name, "success", "deferred")
                world.in_flight[name] = day.run_id
                order[name].append(day.date)
            else:
                name = data.draw(st.sampled_from(sorted(flying)))
                end = data.draw(st.sampled_from(["success", "failed", "skipped"]))
                world.day(world.in_flight.pop(name)).set(name, "success", end)
        for name in names:
            assert order[name] == DAYS[: 1 if name == stuck else days]


def waits(day: Day, name: str) -> bool:
    return day.tasks["model.plan", list(day.models or ()).index(name)] is None


def test_a_model_that_is_stuck_delays_no_other(world: World) -> None:
    first, second = world.days[:2]
    first.set("ras", "success", "success")
    first.set("marm", "success", "deferred")
    world.in_flight["marm"] = first.run_id
    assert begins(world, second)
    assert goes(world, second, "ras")
    assert not goes(world, second, "marm")


@pytest.mark.parametrize("state", ["queued", "success", "failed"])
def test_only_running_days_are_waited_for(world: World, state: str) -> None:
    """The run of a cancelled backfill that is cleared stays queued for good."""
    first, second = world.days[:2]
    first.state, first.listed = state, None
    assert begins(world, second)
    assert goes(world, second, "ras")


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "asset_triggered"])
def test_other_runs_wait_for_nothing(world: World, run_type: str) -> None:
    world.in_flight["ras"] = "another run"
    last = world.days[-1]
    assert begins(world, last, run_type)
    assert goes(world, last, "ras", run_type)


def test_a_day_waits_for_an_update_of_any_other_run(world: World) -> None:
    for day in world.days[1:]:
        day.state = "success"
    world.in_flight["ras"] = "scheduled__today"
    assert not goes(world, world.days[0], "ras")
    assert goes(world, world.days[0], "marm")


@pytest.mark.parametrize("listed", [None, "running", "up_for_retry"])
def test_a_day_that_has_not_listed_its_models_is_waited_for(
    world: World, listed: str | None
) -> None:
    world.days[0].listed = listed
    assert not begins(world, world.days[1])
    assert not goes(world, world.days[1], "ras")


@pytest.mark.parametrize("listed", ["failed", "skipped", "upstream_failed"])
def test_a_day_that_lists_no_models_is_not_waited_for(world: World, listed: str) -> None:
    world.days[0].listed = listed
    assert begins(world, world.days[1])
    assert goes(world, world.days[1], "ras")


def test_a_model_that_an_earlier_day_does_not_have_goes_on(world: World) -> None:
    world.days[0].models = ["another"]
    world.days[0].set("another", "running", None)
    assert goes(world, world.days[1], "ras")


@pytest.mark.parametrize(("unfinished", "opens"), [(64, True), (65, False)])
def test_a_day_begins_when_few_of_its_models_would_wait(
    world: World, unfinished: int, opens: bool
) -> None:
    world.days[0].tasks = {
        ("model.plan", n): "success" if n >= unfinished else "scheduled" for n in range(1000)
    }
    assert begins(world, world.days[1]) == opens


def test_a_task_looks_ever_later_and_not_for_ever(world: World) -> None:
    pauses = []
    for hours in (0, 0.5, 1, 100):
        world.waited_since = datetime.now(UTC) - timedelta(hours=hours)
        look = update_order.next_look(context(world, world.days[0]))
        pauses.append(round((look - datetime.now(UTC)).total_seconds()))
    assert pauses == [30, 180, 360, 600]
    world.waited_since = datetime.now(UTC) - timedelta(days=7, minutes=1)
    with pytest.raises(AirflowFailException, match="has waited since"):
        update_order.next_look(context(world, world.days[0]))


def test_it_occupies_no_worker_while_it_waits() -> None:
    assert TurnSensor(task_id="wait").reschedule
