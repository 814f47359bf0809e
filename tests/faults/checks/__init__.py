"""Checks that must hold after every schedule, whatever went wrong in it."""

from __future__ import annotations

from tests.faults.checks import dates, kills, submissions, tasks, turns, uploads
from tests.faults.checks.common import Violation
from tests.faults.world import World


def missing_runs(world: World) -> bool:
    """Return whether an upload still waits for its run."""
    return any(found.kind == "loss" for found in uploads.violations(world))


def violations(world: World) -> list[Violation]:
    """Return everything that is wrong with a world that has come to rest."""
    return [
        *submissions.violations(world),
        *dates.violations(world),
        *turns.violations(world),
        *uploads.violations(world),
        *tasks.violations(world),
        *kills.violations(world),
        *_unexplained(world),
    ]


def _unexplained(world: World) -> list[Violation]:
    """Return errors that no fault explains."""
    errors = [f"the function failed for nothing: {e}" for e in world.functions.unexplained]
    errors += [f"an error of the code's own: {e}" for e in dict.fromkeys(world.surprises)]
    return [Violation("other", error) for error in errors]


__all__ = ["Violation", "missing_runs", "violations"]
