"""One schedule from its seed to its verdict."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.batch_jobs import FINISHED
from tests.faults.chaos import Chaos
from tests.faults.checks import Violation, missing_runs, violations
from tests.faults.deployment import deployed
from tests.faults.jobs import WATCH
from tests.faults.virtual_time import EndlessError, KilledError
from tests.faults.world import World

#: After the last fault, so long may it take until all runs have ended: retries wait, and the
#: watch gives the Lambda function its time.
LIMIT_SECONDS = 6 * 3600.0
#: So long it is watched on, for what should not come any more.
QUIET_SECONDS = 400.0


@dataclass(frozen=True)
class Verdict:
    """The result of a schedule.

    :param happened: its faults
    :param story: what happened, line by line, if there are violations
    """

    seed: int
    violations: list[Violation]
    happened: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    uploads: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list, repr=False)

    def __str__(self) -> str:
        found = "\n".join(f"  {violation.kind}: {violation.what}" for violation in self.violations)
        faults = ", ".join(f"{number} × {name}" for name, number in self.happened.items() if number)
        again = f"python -m tests.faults --seed {self.seed}"
        return f"schedule {self.seed}:\n{found or '  all is well'}\n  {faults}\n  repeat: {again}"


def run_schedule(seed: int) -> Verdict:
    """Run one schedule; the same seed gives the same schedule."""
    world = World(seed)
    with deployed(world):
        try:
            Chaos(world).begin()
            world.loop.run_until_complete(_until_rest(world))
            found = violations(world)
        except EndlessError as error:
            found = [Violation("other", str(error))]
        finally:
            world.loop.end()
    found += [Violation("other", f"in the simulation: {error}") for error in _errors(world)]
    return Verdict(
        seed,
        found,
        world.weather.happened,
        len(world.batch.jobs),
        len(world.uploads),
        Counter(world.batch.calls),
        world.story if found else [],
    )


async def _until_rest(world: World) -> None:
    limit = world.weather.calm + world.weather.long_wait + LIMIT_SECONDS
    while world.loop.now < limit:
        await asyncio.sleep(30)
        if world.loop.now > _first_rest(world) and _rests(world):
            await asyncio.sleep(QUIET_SECONDS)
            if _rests(world):
                return


def _first_rest(world: World) -> float:
    return 320.0 if world.weather.still else world.weather.calm


def _rests(world: World) -> bool:
    """Return whether nothing more will happen."""
    if world.functions.pending:
        return False
    if any(task.dag_id != WATCH for task in world.airflow.unfinished()):
        return False
    jobs = world.batch.jobs.values()
    if any(job.status(world.loop.now) not in FINISHED for job in jobs):
        return False
    return not missing_runs(world)


def _errors(world: World) -> list[str]:
    found = []
    for context in world.loop.errors:
        error = context.get("exception")
        if error is not None and not isinstance(error, KilledError):
            found.append(f"{context['message']}: {error!r}")
    return found
