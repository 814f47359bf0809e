"""Batch's retry strategy, as its user guide has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.aws.batch.retry import RetryStrategy

EXITED = "Essential container in task exited"
SPOT = "Host EC2 (instance i-0123456789) terminated."


def strategy(*rules: dict[str, str], attempts: int = 3) -> RetryStrategy:
    return RetryStrategy.from_request({"attempts": attempts, "evaluateOnExit": list(rules)})


PRODUCTION = strategy(
    {"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}
)


@given(attempts=st.integers(1, 10), attempt=st.integers(1, 10))
def test_without_rules_attempts_alone_decide(attempts: int, attempt: int) -> None:
    plain = RetryStrategy.from_request({"attempts": attempts})

    assert plain.retries(attempt, 1, None, EXITED) == (attempt < attempts)


def test_none_given_is_one_attempt() -> None:
    assert not RetryStrategy.from_request(None).retries(1, 1, None, EXITED)


def test_production_s_strategy_retries_lost_hosts_alone() -> None:
    assert PRODUCTION.retries(1, None, None, SPOT)
    assert PRODUCTION.retries(2, None, None, SPOT)
    assert not PRODUCTION.retries(3, None, None, SPOT)
    assert not PRODUCTION.retries(1, 1, None, EXITED)
    assert not PRODUCTION.retries(1, 137, "OutOfMemoryError: Container killed", EXITED)


@pytest.mark.parametrize(
    ("pattern", "code", "matches"),
    [("7", 7, True), ("7", 77, False), ("7*", 77, True), ("*", 0, True), ("*7", 77, False)],
)
def test_asterisk_counts_at_the_end_alone(pattern: str, code: int, matches: bool) -> None:
    rule = strategy({"onExitCode": pattern, "action": "EXIT"})

    assert rule.retries(1, code, None, EXITED) is not matches


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = strategy({"onExitCode": "1", "onStatusReason": "Host*", "action": "EXIT"})

    assert rule.retries(1, 1, None, EXITED)
    assert rule.retries(1, 2, None, SPOT)
    assert not rule.retries(1, 1, None, SPOT)


def test_what_was_requested_is_described() -> None:
    assert RetryStrategy.from_request(PRODUCTION.to_response()) == PRODUCTION


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"attempts": 0}, "attempts"),
        ({"attempts": 11}, "attempts"),
        ({"attempts": 2, "evaluateOnExit": [{"action": "STOP"}]}, "action"),
        ({"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}] * 6}, "more than 5"),
    ],
)
def test_what_aws_refuses_is_refused(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RetryStrategy.from_request(request_)
