"""Linear temporal logic over finite series of low and high: a few words, exactly defined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import and_, or_


class Formula(ABC):
    """A statement about a series of time points, each of them low (False) or high (True)."""

    @abstractmethod
    def truth(self, highs: Sequence[bool]) -> list[bool]:
        """For each moment, whether the formula holds from it to the end of the series."""

    def holds(self, highs: Sequence[bool]) -> bool:
        """Return whether the formula holds for the whole series, which must not be empty."""
        return self.truth(highs)[0]


@dataclass(frozen=True)
class Is(Formula):
    """The moment itself is high, or low."""

    high: bool

    def truth(self, highs: Sequence[bool]) -> list[bool]:
        """See :meth:`Formula.truth`."""
        return [bool(high) == self.high for high in highs]


@dataclass(frozen=True)
class Always(Formula):
    """``G``: the inner formula holds from every moment on."""

    inner: Formula

    def truth(self, highs: Sequence[bool]) -> list[bool]:
        """See :meth:`Formula.truth`."""
        return _from_the_end(and_, self.inner.truth(highs))


@dataclass(frozen=True)
class Eventually(Formula):
    """``F``: the inner formula holds from some moment on."""

    inner: Formula

    def truth(self, highs: Sequence[bool]) -> list[bool]:
        """See :meth:`Formula.truth`."""
        return _from_the_end(or_, self.inner.truth(highs))


@dataclass(frozen=True)
class Both(Formula):
    """Two formulas hold."""

    one: Formula
    other: Formula

    def truth(self, highs: Sequence[bool]) -> list[bool]:
        """See :meth:`Formula.truth`."""
        pairs = zip(self.one.truth(highs), self.other.truth(highs), strict=True)
        return [one and other for one, other in pairs]


def _from_the_end(operator: Callable[[bool, bool], bool], truth: list[bool]) -> list[bool]:
    return list(accumulate(reversed(truth), operator))[::-1]
