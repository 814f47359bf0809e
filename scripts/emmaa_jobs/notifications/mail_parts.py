"""The parts of a mail below its messages: sections of lines, and pass rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Characters of a bar in text.
_BAR = 10
#: The colours of a bar in HTML, readable on white and on black.
_PASSED, _GAINED, _LOST, _REST = "#2f7d5b", "#7ccf9f", "#d9825f", "#b8c2ca"


@dataclass(frozen=True)
class Paper:
    """A paper that a statement was read in; ``url`` is empty if none is known."""

    title: str
    url: str


@dataclass(frozen=True)
class Line:
    """A statement or a test.

    :param note: a statement's evidence; the path that explains a test, or why there is none
    """

    text: str
    note: str = ""
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True)
class Section:
    """Lines of one kind.

    :param words: the change in the mail's subject, of one and of many
    :param total: how many there are, those that are left out included
    :param url: the page that shows them all
    """

    title: str
    words: tuple[str, str]
    lines: tuple[Line, ...]
    total: int
    url: str

    @property
    def more(self) -> int:
        """The number of lines that are not shown."""
        return self.total - len(self.lines)

    @property
    def more_text(self) -> str:
        """The number of lines that are not shown, in words."""
        return f"and {self.more:,} more" if self.lines else f"{self.more:,} to see"


@dataclass(frozen=True)
class Rate:
    """A pass rate, in percent, with the one before; None if there is none.

    :param counts: passed and applied tests; empty if they are not known
    """

    label: str
    percent: float
    before: float | None
    counts: str = ""

    @property
    def text(self) -> str:
        """The rate with its change: ``3 of 4 (75 %, +25 points)``."""
        change = 0 if self.before is None else round(self.percent) - round(self.before)
        shown = f"{self.percent:.0f} %{f', {change:+d} points' if change else ''}"
        return f"{self.counts} ({shown})" if self.counts else shown

    @property
    def bar(self) -> str:
        """The rate as a bar of characters."""
        filled = round(self.percent * _BAR / 100)
        return "█" * filled + "░" * (_BAR - filled)

    @property
    def segments(self) -> list[tuple[int, str]]:
        """Widths in percent and colours of a bar: what passed before as well, and the change."""
        now = round(self.percent)
        before = now if self.before is None else round(self.before)
        widths = [
            (min(now, before), _PASSED),
            (max(0, now - before), _GAINED),
            (max(0, before - now), _LOST),
            (100 - max(now, before), _REST),
        ]
        return [(width, colour) for width, colour in widths if width]


@dataclass(frozen=True)
class Details:
    """All that a mail says beyond the messages.

    :param statements: how many the model has, in words; empty if unknown
    """

    sections: tuple[Section, ...] = ()
    rates: tuple[Rate, ...] = ()
    statements: str = ""

    def cut(self, lines: int, rates: int) -> Details:
        """Return the details with so many lines in each section, and so many rates."""
        sections = tuple(replace(each, lines=each.lines[:lines]) for each in self.sections)
        return replace(self, sections=sections, rates=self.rates[:rates])

    @property
    def counted(self) -> str:
        """The changes with their numbers: ``9 new statements, 1 test newly passes``."""
        numbers: dict[tuple[str, str], int] = {}
        for section in self.sections:
            numbers[section.words] = numbers.get(section.words, 0) + section.total
        return ", ".join(f"{count:,} {words[count > 1]}" for words, count in numbers.items())
