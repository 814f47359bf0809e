"""Tests of job identity: retries of a task share a job, a cleared task gets a new one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from emmaa_airflow.batch.identity import JobIdentity
from tests.dags.world import World

DAG = "emmaa_email_notifications"
TASK = "run_email_notifications"
BASE = "email_notifications_2026-03-02-00-00-00"


class Instance:
    """A task instance of Airflow's database after a run, and what happens to it next."""

    def __init__(self, world: World) -> None:
        from airflow.serialization.serialized_objects import create_scheduler_operator

        self.run_id = world.run(DAG).run_id
        self.retries = world.dag_bag.dags[DAG].get_task(TASK).retries
        self._task = create_scheduler_operator(world.dag_bag.dags[DAG].get_task(TASK))

    def name(self) -> str:
        with self._loaded() as (ti, _):
            return JobIdentity.of(BASE, ti, self.retries).name

    def retry(self) -> None:
        with self._loaded() as (ti, session):
            ti.task = self._task
            ti.state = "running"
            ti.try_number += 1
            ti.handle_failure("the worker was killed", session=session)
            assert ti.state == "up_for_retry"

    def clear(self) -> None:
        from airflow.models.taskinstance import clear_task_instances

        with self._loaded() as (ti, session):
            clear_task_instances([ti], session)

    def run_again(self) -> None:
        with self._loaded() as (ti, _):
            ti.try_number += 1
            ti.state = "success"

    @contextmanager
    def _loaded(self) -> Iterator[tuple[Any, Any]]:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            query = select(TaskInstance).where(TaskInstance.run_id == self.run_id)
            yield session.scalars(query.where(TaskInstance.task_id == TASK)).one(), session


def test_retries_go_on_with_the_job_and_a_clear_ends_it(world: World) -> None:
    instance = Instance(world)
    first = instance.name()
    instance.retry()
    assert instance.name() == first
    instance.retry()
    assert instance.name() == first
    instance.clear()
    second = instance.name()
    assert second != first
    instance.run_again()
    assert instance.name() == second
    instance.retry()
    assert instance.name() == second
    instance.clear()
    assert instance.name() not in {first, second}


@dataclass
class Attempt:
    """A running task instance, as far as its identity goes."""

    dag_id: str = "dag"
    run_id: str = "run"
    task_id: str = "task"
    map_index: int | None = -1
    try_number: int = 1
    max_tries: int = 3


@pytest.mark.parametrize(
    "other",
    [
        {"dag_id": "other"},
        {"run_id": "other"},
        {"task_id": "other"},
        {"map_index": 0},
        {"map_index": 1},
    ],
)
def test_every_task_instance_has_jobs_of_its_own(other: dict[str, Any]) -> None:
    one, two = (JobIdentity.of(BASE, ti, 3) for ti in (Attempt(), replace(Attempt(), **other)))
    assert one.name != two.name
    assert one.task_prefix != two.task_prefix


def test_a_task_that_is_not_mapped_has_one_job_whatever_airflow_says_of_its_index() -> None:
    none, unmapped = (JobIdentity.of(BASE, Attempt(map_index=index), 3) for index in (None, -1))
    assert none == unmapped


def test_a_clear_is_seen_even_if_the_retries_were_lowered_meanwhile() -> None:
    before = JobIdentity.of(BASE, Attempt(max_tries=2), 2)  # the first series, two retries
    after = JobIdentity.of(BASE, Attempt(max_tries=1 + 1), 1)  # cleared after one try, one retry
    assert before.name != after.name


def test_the_name_fits_batch() -> None:
    identity = JobIdentity.of("x" * 100, Attempt(max_tries=100_000), 3)
    assert len(identity.name) <= 128
    assert identity.name.startswith(identity.task_prefix)


@pytest.mark.parametrize(("try_number", "first"), [(1, True), (2, False)])
def test_the_first_try_is_known(try_number: int, first: bool) -> None:
    assert JobIdentity.of(BASE, Attempt(try_number=try_number), 3).first_try is first


@pytest.mark.parametrize(
    ("try_number", "max_tries", "takes_over"),
    [(1, 3, False), (2, 3, True), (3, 5, False), (4, 5, True)],
    ids=["first try", "its retry", "first after a clear", "its retry, too"],
)
def test_a_try_that_takes_over_within_its_series_is_known(
    try_number: int, max_tries: int, takes_over: bool
) -> None:
    attempt = Attempt(try_number=try_number, max_tries=max_tries)
    assert JobIdentity.of(BASE, attempt, 3).takes_over is takes_over
