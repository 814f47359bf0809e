"""The faults of a schedule, drawn from its seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.virtual_time import PROCESS, Clock, Process

HOUR, DAY = 3600.0, 86400.0
#: By how many seconds a process' wall clock may be wrong, and what it may be set to meanwhile.
_CLOCK_ERRORS = (0, 0, 0, -300, 45, 900)
_SET_BACK = -3600
#: By how much a clock may be ahead.
CLOCK_AHEAD = max(_CLOCK_ERRORS)
#: By how much two readings of wrong clocks may differ beyond the time between them.
WORST_CLOCKS = CLOCK_AHEAD - _SET_BACK
LONGEST_FREEZE = 400.0
#: Kinds of processes that may die in the middle of a step; Lambda ends functions as well.
MORTAL = frozenset({"task", "supervisor", "lambda", "triggerer"})


@dataclass
class Weather:
    """The faults of one schedule.

    :param still: nothing goes wrong, and nobody interferes
    :param fair: nothing goes wrong, but people interfere with tasks
    :param crash: how likely a process dies at one of its steps outwards
    :param freeze: how likely its machine is suspended instead, and resumes later
    :param flaky: how likely a call to AWS fails by itself: refused, unavailable, or done with the
        answer lost
    :param storms: intervals in which AWS throttles
    :param outages: intervals in which Airflow's API server is down
    :param aws_away: intervals in which no call to AWS succeeds
    :param list_lag: seconds by which ListJobs may lag behind
    :param long_wait: for how many seconds one job finds no capacity
    :param scarcity: says which jobs their queues cancel for lack of capacity; none if None
    :param lost_events: how likely an upload's event is never delivered
    :param calm: the moment from which on nothing goes wrong any more
    """

    rng: random.Random
    still: bool = False
    fair: bool = False
    crash: float = 0.0
    freeze: float = 0.0
    flaky: float = 0.0
    storms: list[tuple[float, float]] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    aws_away: list[tuple[float, float]] = field(default_factory=list)
    list_lag: float = 0.0
    describe_lag: float = 0.0
    lost_events: float = 0.0
    long_wait: float = 0.0
    scarcity: random.Random | None = None
    late_exit: float = 5.0
    calm: float = 900.0
    happened: Counter[str] = field(default_factory=Counter)
    note: Callable[[str], None] = lambda _: None

    @classmethod
    def of(cls, rng: random.Random) -> Weather:
        """Draw some weather.

        A tenth of the schedules have none, and as many have people alone. In some of the former
        AWS is away for an hour, or a job finds no capacity for days, and nothing else goes wrong.
        """
        kind = rng.random()
        if kind < 0.2:
            calm_weather = cls(rng, still=kind < 0.1, fair=kind >= 0.1)
            if kind < 0.02:
                calm_weather.lose_aws_for_an_hour()
            elif kind < 0.03:
                calm_weather.find_no_capacity(rng.choice([2, 3]))
            return calm_weather
        calm = 900.0
        stormy = cls(
            rng,
            crash=rng.choice([0, 0.002, 0.01, 0.04]),
            freeze=rng.choice([0, 0, 0.003, 0.01]),
            flaky=rng.choice([0, 0.02, 0.1]),
            storms=_intervals(rng, calm, 300),
            outages=_intervals(rng, calm, 400),
            list_lag=rng.choice([0.0, 2.0, 20.0, 120.0, 600.0]),
            describe_lag=rng.choice([0.0, 3.0]),
            lost_events=rng.choice([0, 0.2, 1.0]),
            late_exit=rng.choice([0.5, 9.5]),
            calm=calm,
        )
        if rng.random() < 0.03:
            stormy.lose_aws_for_an_hour()
        if rng.random() < 0.01:
            stormy.find_no_capacity(2)
        return stormy

    def lose_aws_for_an_hour(self) -> None:
        """Let no call to AWS succeed for an hour."""
        start = self.rng.uniform(0, 300)
        self.aws_away = [(start, start + HOUR)]
        self.calm = max(self.calm, start + HOUR)

    def find_no_capacity(self, days: int) -> None:
        """Let the first job find no capacity for days."""
        self.long_wait = days * DAY
        self.happened["a job without capacity for days"] += 1

    def make_capacity_scarce(self, seed: int) -> None:
        """In a tenth of the schedules, let queues cancel jobs; all others stay as they are."""
        rng = random.Random(f"capacity {seed}")  # noqa: S311 - a simulation
        self.scarcity = rng if rng.random() < 0.1 else None

    def lacks_capacity(self, now: float) -> bool:
        """Return whether AWS has no machine for a new job, so that its queue will cancel it."""
        lacks = self.scarcity is not None and now < self.calm and self.scarcity.random() < 0.5
        self.happened["a job without capacity, cancelled"] += lacks
        return lacks

    def strikes(self, now: float, process: Process) -> None:
        """Perhaps end or freeze a process at one of its steps."""
        if now > self.calm or process.kind not in MORTAL:
            return
        if self.rng.random() < self.crash * (0.1 if process.kind == "triggerer" else 1):
            if process.stop and self.rng.random() < 0.3:
                self.happened[f"{process.kind} stopped"] += 1
                self.note("is asked to stop")
                process.stop()
                return
            self.happened[f"{process.kind} killed"] += 1
            self.note("killed")
            process.lose_machine() if process.kind == "supervisor" else process.kill()
        elif process.kind in ("task", "triggerer") and self.rng.random() < self.freeze:
            self.happened[f"{process.kind} frozen"] += 1
            self.note("frozen")
            process.freeze(now + self.rng.choice([10, 100, LONGEST_FREEZE]))

    def aws_fault(self, now: float) -> str:
        """Return the fate of an AWS request: ``throttled``, ``unavailable``, ``refused``, ``lost``
        (done, but the answer does not arrive), or nothing.
        """
        if any(start <= now < end for start, end in self.aws_away):
            self.happened["call to an AWS that is away"] += 1
            return self.rng.choice(["unavailable", "refused"])
        if any(start <= now < end for start, end in self.storms) and self.rng.random() < 0.9:
            return self._note("throttled")
        if now < self.calm and self.rng.random() < self.flaky:
            return self._note(self.rng.choice(["unavailable", "refused", "lost", "lost"]))
        return ""

    def airflow_is_down(self, now: float) -> bool:
        """Return whether Airflow's API server is down."""
        down = any(start <= now < end for start, end in self.outages)
        if down:
            self.happened["call to an Airflow that is down"] += 1
        return down

    def disturbed(self) -> bool:
        """Return whether any fault has happened that may delay a kill."""
        harmless = (
            *("a person", "clock set", "upload of an old round", "an object restored"),
            *("a job without capacity", "two runs of one second", "a backfill"),
            *("a cancelled backfill", "a copy of history"),
        )
        return any(count and not name.startswith(harmless) for name, count in self.happened.items())

    def clock(self, now: float) -> Clock:
        """Return the wall clock of a new process, often wrong and sometimes set while it runs."""
        if self.rng.random() >= 0.3:
            return Clock(self.rng.choice(_CLOCK_ERRORS))
        self.happened["clock set"] += 1
        set_at = now + self.rng.uniform(0, 300)
        then = self.rng.choice([_SET_BACK, *_CLOCK_ERRORS])
        return Clock(self.rng.choice(_CLOCK_ERRORS), set_at, then)

    def _note(self, fault: str) -> str:
        self.happened[f"AWS {fault}"] += 1
        return fault


def current_attempt() -> Any:
    """Return the attempt for which the running process works."""
    process = PROCESS.get(None)
    return process.attempt if process else None


def _intervals(rng: random.Random, until: float, longest: float) -> list[tuple[float, float]]:
    starts = [rng.uniform(0, until - longest) for _ in range(rng.choice([0, 0, 1, 2]))]
    return [(start, start + rng.uniform(1, longest)) for start in starts]
