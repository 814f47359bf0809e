"""Runs one assembly step so that a statement on which it fails costs only itself."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_jobs.assembly.failing_sets import failing_together
from emmaa_jobs.assembly.merging import merge_equal
from emmaa_jobs.assembly.plan import BoundStep
from emmaa_jobs.assembly.support_graph import copy_statements
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.left_out import LeftOutList

if TYPE_CHECKING:
    from indra.belief import BeliefScorer
    from indra.statements import Statement

logger = logging.getLogger(__name__)

_WITH_EXTRA_EVIDENCE = "run_preassembly_with_extra_evidence"
_PREASSEMBLIES = frozenset({"run_preassembly", _WITH_EXTRA_EVIDENCE})


#: A step that fails on each of so many statements is at fault itself: no round without any.
_TELLING = 10


class Merging:
    """Keeps one statement a hash from the last preassembly on."""

    def __init__(self) -> None:
        self._last: BoundStep | None = None
        self._scorer: BeliefScorer | None = None

    def after(self, step: BoundStep, statements: list[Statement]) -> list[Statement]:
        """Return what a step made, with equal statements merged if there was a preassembly."""
        if step.name in _PREASSEMBLIES:
            arguments = _arguments(step)
            # Another idea of equality leaves statements with one hash apart on purpose.
            self._last = None if arguments.get("matches_fun") else step
            self._scorer = arguments.get("belief_scorer")
            return statements
        if self._last is None or step.name.startswith("filter_"):
            return statements
        return merge_equal(
            statements, self._scorer, weighed_elsewhere=self._last.name == _WITH_EXTRA_EVIDENCE
        )


def run_step(
    step: BoundStep, statements: list[Statement], left_out: LeftOutList
) -> list[Statement]:
    """Apply a step; statements on which it fails, alone or few together, are left out.

    :raises ModelConfigError: naming the step, if its arguments are wrong.
    :raises SourceUnavailableError: if a service that it asks is down.
    """
    try:
        return _run(step, statements)
    except (ModelConfigError, SourceUnavailableError):
        raise
    except Exception as error:
        logger.warning("%s fails: %s: %s", step.name, type(error).__name__, error)
        failing = dict(_failing(step, statements)) or failing_together(
            functools.partial(_fault, step), statements
        )
        if not failing or len(statements) == len(failing) >= _TELLING:
            error.add_note(f"in {step.where}")
            raise
    for number, reason in failing.items():
        left_out.add("statement", str(statements[number]), reason, step.where)
    rest = [each for number, each in enumerate(statements) if number not in failing]
    return run_step(step, rest, left_out)


def _failing(
    step: BoundStep, statements: list[Statement], offset: int = 0
) -> Iterator[tuple[int, str]]:
    """Yield the numbers of the statements on which the step fails, and why, by halving."""
    reason = _fault(step, statements) if statements else ""
    if reason and len(statements) == 1:
        yield offset, reason
    elif reason:
        half = len(statements) // 2
        yield from _failing(step, statements[:half], offset)
        yield from _failing(step, statements[half:], offset + half)


def _fault(step: BoundStep, statements: list[Statement]) -> str:
    try:
        _run(step, copy_statements(statements))
    except (ModelConfigError, SourceUnavailableError):
        raise
    except Exception as error:  # noqa: BLE001 - INDRA's steps fail in any way; it is reported
        return f"{type(error).__name__}: {error}"
    return ""


def _run(step: BoundStep, statements: list[Statement]) -> list[Statement]:
    from requests import RequestException

    try:
        return step.run(statements)
    except InputError as error:
        raise ModelConfigError(f"{step.where}: {error}") from error
    except RequestException as error:
        raise SourceUnavailableError(f"{step.where}: {error}") from error


def _arguments(step: BoundStep) -> dict[str, object]:
    bound = inspect.signature(step.function).bind_partial([], *step.args, **step.kwargs)
    found = dict(bound.arguments)
    return {**found, **found.get("kwargs", {})}
