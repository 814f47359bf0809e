"""Faults that keep queries from being answered, and the exit code that follows from them."""

from __future__ import annotations

from dataclasses import dataclass


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
