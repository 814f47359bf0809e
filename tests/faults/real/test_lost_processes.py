"""Airflow's own processes are killed and stopped while jobs run (issue 4).

Each storm brings several tasks to a moment each, loses one process by one signal, starts it again
as a service manager would, and lets everything end. Not every process has every moment: while a
task is deferred, no worker has it; a job's end is seen by a triggerer alone; and a task is resumed
only after a failure, here a lack of memory that makes it submit a second job.

SIGKILL takes a component's whole session, as the loss of its machine does. SIGTERM goes to the
component alone. The scheduler then waits for its tasks before it ends, and a worker lets its task
finish.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

import pytest

from tests.faults.real.conftest import Cases
from tests.faults.real.site import Site, signal_all
from tests.faults.real.work import Moment, Outcome, Work

pytestmark = pytest.mark.e2e

#: In the order in which they are reached: what holds all others up comes last.
MOMENTS = {
    "worker": (Moment.RESUMING, Moment.ASKING, Moment.SUBMITTING),
    "triggerer": (Moment.DEFERRED, Moment.SUBMITTING, Moment.ENDING),
    "scheduler": (
        *(Moment.RESUMING, Moment.DEFERRED, Moment.ASKING, Moment.SUBMITTING),
        Moment.AWAY,
    ),
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM)
STORMS = [(lost, number) for lost in MOMENTS for number in SIGNALS]
#: Where a task's process is lost with its worker, so that another try has to take over.
AT_WORK = (Moment.ASKING, Moment.SUBMITTING, Moment.RESUMING)


@dataclass(frozen=True)
class Storm:
    """One process, lost by one signal, and what became of each moment's task."""

    lost: str
    signal: signal.Signals
    outcomes: dict[Moment, Outcome]

    def takes_another_try(self, moment: Moment) -> bool:
        """Return whether the try that is running now dies."""
        lost_with_it = self.lost in ("worker", "scheduler") and moment in AT_WORK
        return lost_with_it and self.signal is signal.SIGKILL


@dataclass
class Storms:
    """Each storm happens once, when it is first looked at."""

    cases: Cases
    _begun: dict[tuple[str, signal.Signals], Storm | None] = field(default_factory=dict)

    def get(self, lost: str, number: signal.Signals) -> Storm:
        """Return the storm that sends a signal to a process."""
        key = (lost, number)
        if key not in self._begun:
            self._begun[key] = None
            self._begun[key] = _storm(self.cases, lost, number)
        storm = self._begun[key]
        assert storm is not None, "this storm broke off: see the first test of it"
        return storm


@pytest.fixture(scope="module")
def storms(cases: Cases) -> Storms:
    return Storms(cases)


def _storm(cases: Cases, lost: str, number: signal.Signals) -> Storm:
    name = f"{lost}-{number.name.lower()}-"
    works = [cases.new(name, moment) for moment in MOMENTS[lost]]
    early = [work for work in works if work.moment in (Moment.RESUMING, Moment.DEFERRED)]
    others = [work for work in works if work not in early and work.moment is not Moment.AWAY]
    for group in (early, others):
        for work in group:
            work.begin()
        for work in group:
            work.reach()
    LOSSES[lost](cases.site, works, number)
    return Storm(lost, number, {work.moment: work.finish() for work in works})


def lose_workers(site: Site, works: list[Work], number: signal.Signals) -> None:
    """Each task's worker, and with SIGKILL the task's own process beside it."""
    for work in works:
        worker, *own = site.task_processes(work.task()["id"])
        assert own, "the task has no process besides its worker"
        signal_all([worker, *own] if number is signal.SIGKILL else [worker], number)
        if number is signal.SIGTERM:
            site.await_forwarded(own[0].pid)
    _let_go(works, answered=number is signal.SIGTERM)


def lose_triggerer(site: Site, works: list[Work], number: signal.Signals) -> None:
    """Kill the triggerer, and start it again when the task that was submitting has deferred."""
    _lose("triggerer", site, works, number, answered=True)
    for work in works:
        if work.moment is Moment.SUBMITTING:
            work.await_state("deferred")
    site.revive("triggerer")


def lose_scheduler(site: Site, works: list[Work], number: signal.Signals) -> None:
    """Kill the scheduler with all its workers; an upload comes while it is down."""
    _lose("scheduler", site, works, number, answered=number is signal.SIGTERM)
    for work in works:
        if work.moment is Moment.AWAY:
            work.begin()
    site.revive("scheduler")


LOSSES = {"worker": lose_workers, "triggerer": lose_triggerer, "scheduler": lose_scheduler}


def _lose(
    name: str, site: Site, works: list[Work], number: signal.Signals, *, answered: bool
) -> None:
    if number is signal.SIGKILL:
        site.kill(name)
        _let_go(works, answered=answered)
    else:
        process = site.terminate(name)
        _let_go(works, answered=answered)
        site.await_end(process)


def _let_go(works: list[Work], *, answered: bool) -> None:
    """End the holds.

    :param answered: whether the tasks that wait for an answer get it. A triggerer that ends never
        gets the news of its job
    """
    for work in works:
        if work.hold and answered and work.moment is not Moment.ENDING:
            work.hold.release()
        elif work.hold:
            work.hold.lose()


EVERY_MOMENT = pytest.mark.parametrize(
    ("lost", "number", "moment"),
    [(lost, number, moment) for lost, number in STORMS for moment in MOMENTS[lost]],
    ids=lambda value: value if isinstance(value, str) and value in MOMENTS else value.name,
)


@pytest.fixture
def storm(storms: Storms, lost: str, number: signal.Signals) -> Storm:
    return storms.get(lost, number)


@EVERY_MOMENT
def test_each_attempt_has_one_job(storm: Storm, moment: Moment) -> None:
    outcome = storm.outcomes[moment]
    assert set(outcome.jobs.values()) == {1}
    assert outcome.submissions == outcome.jobs.total()
    larger = [name for name in outcome.jobs if name.endswith("-large")]
    assert len(outcome.jobs) - len(larger) == 1
    assert bool(larger) == (moment is Moment.RESUMING)


@EVERY_MOMENT
def test_the_task_succeeds_in_the_one_run(storm: Storm, moment: Moment) -> None:
    outcome = storm.outcomes[moment]
    assert (outcome.state, outcome.runs) == ("success", 1)


@EVERY_MOMENT
def test_no_shutdown_ends_a_job(storm: Storm, moment: Moment) -> None:
    assert storm.outcomes[moment].ended == 0


@EVERY_MOMENT
def test_another_try_takes_over_where_one_died(storm: Storm, moment: Moment) -> None:
    outcome = storm.outcomes[moment]
    assert (outcome.tries > 1) == storm.takes_another_try(moment)
    if storm.takes_another_try(moment):
        how = "Submitted" if moment is Moment.ASKING else "Reattached to"
        assert f"{how} Batch job" in outcome.log
