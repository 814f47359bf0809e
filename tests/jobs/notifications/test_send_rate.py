"""Tests of the send rate, with a clock that moves only in sleeps."""

from __future__ import annotations

import itertools

import pytest

from emmaa_jobs.notifications.send_rate import Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_no_more_than_the_rate() -> None:
    clock = Clock()
    pacer = Pacer(14, lambda: clock.now, clock.sleep)
    turns = []
    for _ in range(29):
        pacer.wait()
        turns.append(clock.now)
    assert turns[0] == 100
    assert turns[28] == pytest.approx(102)
    assert min(b - a for a, b in itertools.pairwise(turns)) == pytest.approx(1 / 14)


def test_slow_work_does_not_wait_and_saves_nothing_up() -> None:
    clock = Clock()
    pacer = Pacer(2, lambda: clock.now, clock.sleep)
    pacer.wait()
    clock.now += 10
    pacer.wait()
    assert clock.now == 110
    pacer.wait()
    assert clock.now == 110.5


def test_slowing_down_halves_the_rate() -> None:
    clock = Clock()
    pacer = Pacer(2, lambda: clock.now, clock.sleep)
    pacer.wait()
    pacer.slow_down()
    pacer.wait()
    assert clock.now == 100.5, "this turn was given before"
    pacer.wait()
    assert clock.now == 101.5
