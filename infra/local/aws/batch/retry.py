"""Batch's retry strategy: when a failed attempt is retried.

AWS Batch user guide, "Automated job retries", and EvaluateOnExit of the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_ATTEMPTS = 10
MAX_RULES = 5


@dataclass(frozen=True)
class ExitRule:
    """One entry of ``evaluateOnExit``; a condition that is None always holds.

    :param retry: what to do where all conditions hold
    """

    retry: bool
    exit_code: str | None = None
    reason: str | None = None
    status_reason: str | None = None

    def matches(self, exit_code: str, reason: str, status_reason: str) -> bool:
        """Return whether all conditions hold for an attempt's end; absent values are empty."""
        pairs = (
            (self.exit_code, exit_code),
            (self.reason, reason),
            (self.status_reason, status_reason),
        )
        return all(pattern is None or _matches(pattern, text) for pattern, text in pairs)


@dataclass(frozen=True)
class RetryStrategy:
    """The number of a job's attempts, and the ends after which it is retried.

    :param attempts: 1 to 10, the first one included
    :param rules: the first that matches decides; without a match the job is tried again
    """

    attempts: int = 1
    rules: tuple[ExitRule, ...] = ()

    @classmethod
    def from_request(cls, document: dict[str, Any] | None) -> RetryStrategy:
        """Read the ``retryStrategy`` of a job or a job definition.

        :raises ValueError: naming the field that AWS would refuse.
        """
        document = document or {}
        attempts = document.get("attempts", 1)
        if not isinstance(attempts, int) or not 1 <= attempts <= MAX_ATTEMPTS:
            raise ValueError(f"retryStrategy.attempts must be 1 to {MAX_ATTEMPTS}: {attempts!r}")
        entries = document.get("evaluateOnExit") or []
        if len(entries) > MAX_RULES:
            raise ValueError(f"retryStrategy.evaluateOnExit has more than {MAX_RULES} entries")
        return cls(attempts, tuple(_rule(entry) for entry in entries))

    def to_response(self) -> dict[str, Any]:
        """Return the ``retryStrategy`` of DescribeJobs."""
        return {"attempts": self.attempts, "evaluateOnExit": [_entry(rule) for rule in self.rules]}

    def retries(
        self, attempt: int, exit_code: int | None, reason: str | None, status_reason: str | None
    ) -> bool:
        """Return whether the job runs again after an attempt failed.

        :param attempt: the failed attempt's number, from 1
        """
        if attempt >= self.attempts:
            return False
        code = "" if exit_code is None else str(exit_code)
        for rule in self.rules:
            if rule.matches(code, reason or "", status_reason or ""):
                return rule.retry
        return True


def _matches(pattern: str, text: str) -> bool:
    # AWS knows the asterisk at the end alone; any more here would not hold in production.
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern


def _rule(entry: dict[str, str]) -> ExitRule:
    action = entry.get("action", "")
    if action.upper() not in ("RETRY", "EXIT"):
        raise ValueError(f"retryStrategy.evaluateOnExit.action must be RETRY or EXIT: {action!r}")
    return ExitRule(
        retry=action.upper() == "RETRY",
        exit_code=entry.get("onExitCode"),
        reason=entry.get("onReason"),
        status_reason=entry.get("onStatusReason"),
    )


def _entry(rule: ExitRule) -> dict[str, str]:
    conditions = {
        "onExitCode": rule.exit_code,
        "onReason": rule.reason,
        "onStatusReason": rule.status_reason,
    }
    entry = {name: pattern for name, pattern in conditions.items() if pattern is not None}
    return {**entry, "action": "RETRY" if rule.retry else "EXIT"}
