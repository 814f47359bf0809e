"""Faults that keep queries from being answered, and the exit code that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError


class UnansweredQueriesError(RuntimeError):
    """A fault of the program kept queries from being answered; the others' answers are stored."""


@dataclass(frozen=True)
class Fault:
    """The fault that kept one query from being answered.

    :param what: a query, or all queries of a type or model type
    :param error: what was raised, as the exit codes know it (:mod:`emmaa_jobs.outages`)
    """

    what: str
    error: Exception

    def __str__(self) -> str:
        return f"{self.what}: {type(self.error).__name__}: {self.error}"


def failure(summary: str, faults: Sequence[Fault]) -> Exception:
    """Return one error for all faults.

    :param summary: what went well
    :returns: a :class:`SourceUnavailableError` if an outage is among the causes, for another
        attempt may answer more; else an :class:`InputError` if all causes are such; else an
        :class:`UnansweredQueriesError`
    """
    text = f"{summary}; failed: {'; '.join(map(str, faults))}"
    if any(isinstance(fault.error, SourceUnavailableError) for fault in faults):
        return SourceUnavailableError(text)
    if all(isinstance(fault.error, InputError) for fault in faults):
        return InputError(text)
    return UnansweredQueriesError(text)
