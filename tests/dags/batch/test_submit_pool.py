"""The pool that paces submissions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from sqlalchemy import delete, select

from emmaa_airflow.batch import submit_rate
from emmaa_airflow.batch.submit_pool import make_pool, on_starting
from emmaa_cycle.settings import load_settings


@pytest.fixture
def no_pool(airflow: None) -> Iterator[None]:
    """Airflow's database as it is when new."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    def forget() -> None:
        with create_session() as session:
            session.execute(delete(Pool).where(Pool.pool != Pool.DEFAULT_POOL_NAME))

    forget()
    yield
    forget()
    load_settings.cache_clear()


def pool(name: str = "emmaa_submit") -> Any:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.scalar(select(Pool).where(Pool.pool == name))


def test_a_starting_component_makes_the_pool(no_pool: None) -> None:
    from airflow.jobs.job import Job

    on_starting(Job())
    assert pool().slots == 45
    assert pool().include_deferred is False  # a task that waits for its job keeps no slot


def test_a_starting_task_does_not_reach_for_the_database(no_pool: None) -> None:
    on_starting(SimpleNamespace())
    assert pool() is None


def test_a_pool_that_is_there_keeps_its_size(
    no_pool: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pool()
    monkeypatch.setenv("EMMAA_BATCH__SUBMISSIONS_PER_SECOND", "10")
    load_settings.cache_clear()
    make_pool()
    assert pool().slots == 45


def test_settings_name_and_size_the_pool(no_pool: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_BATCH__POOL", "mine")
    monkeypatch.setenv("EMMAA_BATCH__SUBMISSIONS_PER_SECOND", "10")
    load_settings.cache_clear()
    make_pool()
    assert pool("mine").slots == 10


def test_airflow_loads_the_plugin(airflow: None) -> None:
    from airflow import plugins_manager

    plugins, faults = plugins_manager._get_plugins()
    assert "emmaa" in {plugin.name for plugin in plugins}
    assert not faults


@pytest.mark.parametrize(
    ("age", "slept"),
    [
        (0.2, [0.8, 1.8, 2.8]),
        (0.999, [0.001, 1.001, 2.001]),
        (1.5, [0.5, 1.5]),
        (30.0, []),
        (-5.0, []),
    ],
)
def test_a_slot_is_held_for_a_second_for_each_listing(
    monkeypatch: pytest.MonkeyPatch, age: float, slept: list[float]
) -> None:
    pauses: list[float] = []
    process = SimpleNamespace(create_time=lambda: 1000.0)
    monkeypatch.setattr(psutil, "Process", lambda: process)
    monkeypatch.setattr(time, "time", lambda: 1000.0 + age)
    monkeypatch.setattr(time, "sleep", pauses.append)
    turns = submit_rate.Turns()
    for _ in range(3):  # no time passes between them
        turns.take()
    assert pauses == pytest.approx(slept)
