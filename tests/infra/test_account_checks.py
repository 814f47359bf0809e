"""What the account's own answers make of parameters: each refusal names the parameter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.deployment.account_checks.concurrency import concurrency_faults
from tests.infra.stubbed import StubbedAccount


@pytest.fixture
def account() -> Iterator[StubbedAccount]:
    with StubbedAccount() as account:
        yield account


@pytest.mark.parametrize(
    ("limit", "unreserved", "own", "wanted", "told"),
    [
        (1000, 1000, None, 5, None),
        (1000, 105, None, 5, None),
        (1000, 104, None, 5, "at most 4 can be, since 100 must stay unreserved"),
        (1000, 100, 5, 5, None),
        (1000, 100, 5, 6, "at most 5 can be"),
        (50, 50, None, 1, "at most 0 can be, since 50 must stay unreserved"),
        (10, 10, None, 5, "of this account's 10 concurrent executions"),
    ],
    ids=["plenty", "just enough", "one too few", "its own", "more than its own", "new", "newer"],
)
def test_reserved_concurrency_is_what_lambda_can_give(
    account: StubbedAccount, limit: int, unreserved: int, own: int | None, wanted: int, told: str
) -> None:
    limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}
    account.answer("lambda", "get_account_settings", {"AccountLimit": limits})
    if own is None:
        account.refuse("lambda", "get_function_concurrency", "ResourceNotFoundException", 404)
    else:
        answer = {"ReservedConcurrentExecutions": own}
        name = "dev-emmaa-upload-to-dag-run"
        account.answer("lambda", "get_function_concurrency", answer, FunctionName=name)
    values = {"FunctionConcurrency": str(wanted), "Prefix": "dev-"}
    faults = list(concurrency_faults(account, values))

    assert len(faults) == (told is not None)
    for fault in faults:
        assert fault.startswith("parameter FunctionConcurrency")
        assert told in fault
        assert "Set it to 0" in fault


def test_who_reserves_nothing_needs_no_quota(account: StubbedAccount) -> None:
    assert not list(concurrency_faults(account, {"FunctionConcurrency": "0", "Prefix": ""}))
