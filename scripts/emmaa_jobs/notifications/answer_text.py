"""Answers to queries in words (docs/reference/query-answers.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from emmaa_jobs.notifications.plain_text import one_line
from emmaa_jobs.queries.shown_answers import simulated_words

#: Items of an answer that are put into words; no mail shows more.
MAX_ITEMS = 3
_LENGTH, _URL = 300, 300


@dataclass(frozen=True)
class AnswerText:
    """An answer, or the new items of one.

    :param lines: the first items
    :param total: how many items it has
    :param plot: the address of a simulation's plot; empty if there is none
    """

    lines: tuple[str, ...] = ()
    total: int = 0
    plot: str = ""

    @property
    def more(self) -> int:
        """The number of items that are not shown."""
        return self.total - len(self.lines)

    def cut(self, lines: int) -> AnswerText:
        """Return the answer with so many lines; without any, nothing is left of it."""
        return replace(self, lines=self.lines[:lines]) if lines else AnswerText()


@dataclass(frozen=True)
class AnswerChange:
    """The change of an answer.

    :param now: what is new in it
    :param before: the answer before that
    """

    now: AnswerText = field(default_factory=AnswerText)
    before: AnswerText = field(default_factory=AnswerText)

    def cut(self, lines: int) -> AnswerChange:
        """Return the change with so many lines of each answer."""
        return AnswerChange(self.now.cut(lines), self.before.cut(lines))


def answer_text(response: Mapping[str, Any], wanted: Iterable[str] | None = None) -> AnswerText:
    """Put an answer into words.

    :param response: as it is stored, hash → item; what is no item is left out
    :param wanted: the hashes of the items to report; all if None
    """
    hashes = response.keys() if wanted is None else wanted
    items = [response[number] for number in dict.fromkeys(hashes) if number in response]
    lines = list(_lines(items))
    plot = next(filter(None, map(_plot, items)), "")
    return AnswerText(tuple(lines[:MAX_ITEMS]), len(lines), plot)


def _lines(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        if line := one_line(_words(item), _LENGTH):
            yield line


def _words(item: Any) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        return ""
    if isinstance(path := item.get("path"), str):
        return path
    return simulated_words(item) if item else ""


def _plot(item: Any) -> str:
    address = item.get("fig_path") if isinstance(item, Mapping) else None
    if not isinstance(address, str) or len(address) > _URL or not address.isprintable():
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_link = parts.scheme in ("http", "https") and parts.netloc and " " not in address
    return address if is_link else ""
