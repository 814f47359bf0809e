"""Runs one assembly step so that a statement on which it fails costs only itself."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError, ModelConfigError
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
PREASSEMBLIES = frozenset({"run_preassembly", _WITH_EXTRA_EVIDENCE})

#: A step that fails on each of so many statements is at fault itself: no round without any.
_TELLING = 10
#: Returns the error that a step raises on statements; empty if it raises none.
Fault = Callable[[list["Statement"]], str]

#: A step that fails on no fewer statements together is at fault itself.
MAX_TOGETHER = 4


class Merging:
    """Keeps one statement a hash from the last preassembly on."""

    def __init__(self) -> None:
        self._last: BoundStep | None = None
        self._scorer: BeliefScorer | None = None

    def after(self, step: BoundStep, statements: list[Statement]) -> list[Statement]:
        """Return what a step made, with equal statements merged if there was a preassembly."""
        if step.name in PREASSEMBLIES:
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
        failing = dict(_failing(step, statements)) or _failing_together(
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


def _failing_together(fault: Fault, statements: Sequence[Statement]) -> dict[int, str]:
    """Return the numbers of the statements to leave out, each with the reason.

    Of the statements that fail together that is the one without which all others pass; all of
    them, if there is no such one.

    :returns: empty if no few statements are the cause
    """
    together = _smallest_set(fault, statements)
    if not together:
        return {}
    reason = fault(_chosen(statements, together))
    everything = range(len(statements))
    alone = (n for n in together if not fault(_chosen(statements, {*everything} - {n})))
    culprit = next(alone, None)
    return {
        number: f"the step fails on it together with {_names(statements, together, number)}:"
        f" {reason}"
        for number in (together if culprit is None else [culprit])
    }


def _smallest_set(fault: Fault, statements: Sequence[Statement]) -> list[int]:
    """Return the numbers of few statements on which the step fails; empty if there are none.

    Each is the last of the shortest beginning that fails with those found before.
    """
    found: list[int] = []
    end = len(statements)
    if not fault(list(statements)):
        return []
    while not fault(_chosen(statements, found)):
        if len(found) == MAX_TOGETHER or not end:  # without end, the step fails now and then
            return []
        works, fails = 0, end
        while fails - works > 1:
            middle = (works + fails) // 2
            if fault(_chosen(statements, [*range(middle), *found])):
                fails = middle
            else:
                works = middle
        end = fails - 1
        found.append(end)
    return found


def _chosen(statements: Sequence[Statement], numbers: Iterable[int]) -> list[Statement]:
    return [statements[number] for number in sorted(numbers)]


def _names(statements: Sequence[Statement], together: Sequence[int], but: int) -> str:
    return " and ".join(str(statements[number]) for number in sorted(together) if number != but)


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
