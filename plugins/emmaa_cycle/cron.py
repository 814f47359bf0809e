"""Whether a cron expression names times that there are.

Airflow would say so, too, but neither which setting it is nor in which file; and the jobs and
the upload function read the same settings without Airflow.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from itertools import chain

_ITEM = re.compile(r"(?P<first>\*|\w+)(-(?P<last>\w+))?(/(?P<step>[0-9]{1,4}))?", re.ASCII)
_LAST_DAY = "l"


@dataclass(frozen=True)
class _Field:
    """One of the five fields.

    :param names: what some numbers may be called, from ``lowest`` on
    """

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def values(self, text: str) -> set[int]:
        """The numbers that a field's text stands for.

        :raises ValueError: naming the field and its bounds.
        """
        return set(chain.from_iterable(self._range(item) for item in text.lower().split(",")))

    def _range(self, item: str) -> range:
        match = _ITEM.fullmatch(item)
        if match is None or (match["first"] == "*" and match["last"]):
            raise self._error(item)
        if match["first"] == "*":
            first, last = self.lowest, self.highest
        else:
            first = self._number(match["first"], item)
            last = self._number(match["last"], item) if match["last"] else first
            if match["step"] and not match["last"]:
                last = self.highest
        step = int(match["step"] or 1)
        if last < first or not 1 <= step <= self.highest:
            raise self._error(item)
        return range(first, last + 1, step)

    def _number(self, text: str, item: str) -> int:
        if text in self.names:
            return self.lowest + self.names.index(text)
        if not re.fullmatch(r"[0-9]{1,2}", text) or not self.lowest <= int(text) <= self.highest:
            raise self._error(item)
        return int(text)

    def _error(self, item: str) -> ValueError:
        names = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return ValueError(
            f"{item!r} is no {self.name}: {self.lowest} to {self.highest}{names},"
            " with *, lists (1,2), ranges (1-5) and steps (*/2)"
        )


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of the month", 1, 31)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = _Field("month", 1, 12, _MONTHS)
#: 0 and 7 are both Sunday.
_WEEKDAY = _Field("day of the week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
_LONGEST = {month: calendar.monthrange(2024, month)[1] for month in range(1, 13)}


def check_cron(text: str) -> str:
    """Return a cron expression if it names times that there are.

    :raises ValueError: naming the field that does not, with its bounds.
    """
    parts = text.split()
    if len(parts) != 5:
        raise ValueError(
            f"{text!r} is no cron expression of five fields: minute, hour, day, month, weekday"
        )
    minute, hour, day, month, weekday = parts
    _MINUTE.values(minute)
    _HOUR.values(hour)
    days = set() if day.lower() == _LAST_DAY else _DAY.values(day)
    longest = max(_LONGEST[number] for number in _MONTH.values(month))
    _WEEKDAY.values(weekday)
    if days and min(days) > longest and weekday == "*":
        raise ValueError(f"{text!r} is never due: none of its months has a day {min(days)}")
    return text
