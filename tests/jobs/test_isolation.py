"""A unit of work fails alone, and its log says no more than needed."""

from __future__ import annotations

import logging

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.isolation import Failed, attempt


@pytest.mark.parametrize(
    ("error", "logged"),
    [(InputError("the field x is wrong"), []), (KeyError("x"), ["a unit of work failed"])],
)
def test_where_a_fault_of_the_code_was_is_in_the_log(
    error: Exception, logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    caplog.set_level(logging.INFO)
    assert isinstance(attempt(fail), Failed)
    assert caplog.messages == logged
    assert all(record.exc_info for record in caplog.records)
