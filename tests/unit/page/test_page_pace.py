"""A refresh leaves Airflow's web server to others (emmaa_airflow/page/pace.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emmaa_airflow.page.overview_reader import OverviewReader
from emmaa_airflow.page.pace import REST, Pace
from tests.unit.page.page_bucket import BUCKET, PageBucket, page_bucket


@pytest.fixture
def bucket() -> Iterator[PageBucket]:
    with page_bucket() as bucket:
        yield bucket


class Computer:
    """A clock, and threads that compute a tenth of a second in each step.

    :param rests: how long each step rested
    """

    def __init__(self, *, sleeps: bool = True) -> None:
        self.now = 100.0
        self.computed = 0.0
        self.rests: list[float] = []
        self._sleeps = sleeps
        self.pace = Pace(clock=lambda: self.now, computed=self._compute, sleep=self._sleep)

    def _compute(self) -> float:
        self.computed += 0.1
        return self.computed

    def _sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        if self._sleeps:
            self.now += seconds

    def step(self) -> None:
        with self.pace.step():
            pass


def test_a_step_rests_longer_than_it_computed() -> None:
    computer = Computer()
    computer.pace.is_on = True
    computer.step()
    computer.step()
    assert computer.rests == pytest.approx([0.1 * REST, 0.1 * REST])


def test_threads_rest_one_after_the_other() -> None:
    computer = Computer(sleeps=False)  # the others compute while each of them rests
    computer.pace.is_on = True
    for _ in range(3):
        computer.step()
    assert computer.rests == pytest.approx([0.1 * REST, 0.2 * REST, 0.3 * REST])


def test_what_is_waited_for_does_not_rest(bucket: PageBucket) -> None:
    for model in ("a", "b"):
        bucket.put_parts(model)
    computer = Computer()
    reader = OverviewReader(BUCKET, bucket.client, computer.pace)
    reader.read(lambda snapshot: None)
    assert computer.rests == []
    bucket.put_parts("a", title="another")
    reader.read(lambda snapshot: None)
    assert len(computer.rests) > 3  # three listings at least, and what changed


def test_the_rest_of_a_first_read_is_not_waited_for(bucket: PageBucket) -> None:
    bucket.put_parts("a")
    bucket.put_combined("a")
    computer = Computer()
    shown = []
    OverviewReader(BUCKET, bucket.client, computer.pace).read(
        lambda snapshot: shown.append((snapshot.unread, len(computer.rests)))
    )
    assert shown[0] == (0, 0)
    assert computer.rests
