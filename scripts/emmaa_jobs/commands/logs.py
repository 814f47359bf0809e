"""The jobs' logs: lines for people, or JSON lines for a log service (docs/jobs.md).

``EMMAA_LOG_FORMAT`` chooses: ``text`` (the default) or ``json``. A JSON line has ``time`` (UTC),
``level``, ``logger``, ``message`` and ``job``, the environment's data on the run that started the
job, ``traceback`` if there is one, and the fields that a line was logged with.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from emmaa_cycle.errors import InputError
from emmaa_cycle.printable import printable
from emmaa_jobs.secrecy import WithoutSecrets

FORMAT_VARIABLE = "EMMAA_LOG_FORMAT"
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
#: Who started the job: field of a JSON line → environment variable.
_CONTEXT = {
    "dag_id": "EMMAA_DAG_ID",
    "run_id": "EMMAA_RUN_ID",
    "batch_job_id": "AWS_BATCH_JOB_ID",
    "batch_attempt": "AWS_BATCH_JOB_ATTEMPT",
}
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object a line.

    :param context: fields that every line has
    """

    def __init__(self, context: Mapping[str, str]) -> None:
        super().__init__()
        self._context = dict(context)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; its line breaks are escaped."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._context,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str)
        # A lone surrogate becomes the escape that JSON has for it.
        return text.encode("utf-8", "backslashreplace").decode()


class PlainLines(logging.Formatter):
    """Lines for people, with escapes for what a terminal or a log service cannot hold."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines."""
        return printable(super().format(record))


def configure_logs(
    argv: Sequence[str], environment: Mapping[str, str] = os.environ, stream: TextIO | None = None
) -> None:
    """Send all logs to one stream in the chosen format.

    :param argv: the command line, whose script names the job
    :param stream: the standard output if None
    :raises InputError: if ``EMMAA_LOG_FORMAT`` names no format.
    """
    target = stream or sys.stdout
    if isinstance(target, io.TextIOWrapper):
        # Where the output is not UTF-8, a line of Greek letters would be lost.
        target.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(target)
    handler.setFormatter(WithoutSecrets(_formatter(_job_name(argv), environment)))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It logs at each start where credentials and endpoint come from.
    logging.getLogger("botocore").setLevel(logging.WARNING)


def _job_name(argv: Sequence[str]) -> str:
    return Path(argv[0]).stem if argv and argv[0] else "python"


def _formatter(job: str, environment: Mapping[str, str]) -> logging.Formatter:
    chosen = environment.get(FORMAT_VARIABLE) or "text"
    if chosen == "text":
        return PlainLines()
    if chosen == "json":
        found = {field: environment.get(name) for field, name in _CONTEXT.items()}
        return JsonLines({"job": job, **{field: text for field, text in found.items() if text}})
    raise InputError(f"{FORMAT_VARIABLE} is {chosen!r}, which is neither text nor json")
