"""Check that Lambda lets the upload function reserve its share of the account's concurrency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from emmaa_cycle.resources import UPLOAD_FUNCTION
from infra.deployment.aws.account import Account

#: Lambda leaves so much to functions that reserve nothing, or the whole limit where that is less:
#: "decreases account's UnreservedConcurrentExecution below its minimum value of [100]" (or [50] or
#: [10], the limits of new accounts).
_UNRESERVED = 100


def concurrency_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield what Lambda would refuse about ``FunctionConcurrency``.

    :param values: the templates' parameters
    """
    wanted = int(values["FunctionConcurrency"])
    if not wanted:
        return
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    own = _reserved(account, values["Prefix"] + UPLOAD_FUNCTION)
    least = min(_UNRESERVED, limits["ConcurrentExecutions"])
    free = limits["UnreservedConcurrentExecutions"] + own - least
    if wanted > free:
        yield (
            f"parameter FunctionConcurrency: {wanted} cannot be reserved: of this account's"
            f" {limits['ConcurrentExecutions']} concurrent executions in {account.region} at most"
            f" {max(free, 0)} can be, since {least} must stay unreserved. Set it to 0, which"
            " reserves none, or ask AWS for a higher quota (Lambda, Concurrent executions)"
        )


def _reserved(account: Account, function: str) -> int:
    """Return what the function has reserved already; 0 if it does not exist."""
    try:
        found = account.client("lambda").get_function_concurrency(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0
    return int(found.get("ReservedConcurrentExecutions", 0))
