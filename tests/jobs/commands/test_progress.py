"""Progress: lines in a log, a bar on a terminal, and the items either way."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from emmaa_jobs.progress import progress


def test_nothing_is_said_of_a_step_that_is_over_soon(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        assert list(progress(range(1000), "counting", "number", seconds=1e9)) == list(range(1000))
    assert caplog.messages == []
    assert capfd.readouterr().err == "", "a log is not drawn in"


def test_lines_say_how_far_a_long_step_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(progress("abc", "reading", "letter", seconds=0)) == ["a", "b", "c"]
    assert [line.rpartition(" in ")[0] for line in caplog.messages] == [
        "reading: 1 of 3 letters",
        "reading: 2 of 3 letters",
        "reading: 3 of 3 letters",
    ]


def test_a_step_of_unknown_length(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert sum(progress((n for n in (1, 2)), "adding", "number", seconds=0)) == 3
    assert caplog.messages[0].startswith("adding: 1 numbers in ")


def test_an_error_in_a_step_is_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> object:
        yield 1
        raise KeyError("of the step")

    with pytest.raises(KeyError, match="of the step"):
        list(progress(broken(), "breaking", "number"))  # type: ignore[arg-type]


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    list(progress(range(10), "counting", "number", seconds=100))
    assert threading.active_count() == before


def test_a_terminal_gets_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(progress(range(3), "counting", "number")) == [0, 1, 2]
    assert "counting: 100%" in capsys.readouterr().err
