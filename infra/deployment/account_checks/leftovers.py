"""Check that no remains of a deleted stack have the names that the stacks give.

Buckets are looked at by the parameters that name them (``buckets``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.cloudformation.templates import load_template
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import Deployed

_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_PAGE = "docs/deploy.md, After a stack was deleted"


def leftover_faults(
    account: Account, values: Mapping[str, str], deployed: Mapping[str, Deployed | None]
) -> Iterator[str]:
    """Find the queue and the log groups that outlived their stacks.

    :param values: the templates' parameters
    :param deployed: the stacks that are there, by template
    """
    if deployed["uploads"] is None:
        queue = _name("uploads", "DeadLetters", "QueueName", values)
        if _has_queue(account, queue):
            yield _fault(f"the queue {queue}")
    # Airflow writes into its groups until its environment is gone, and makes them again.
    for template in ("batch", "airflow", "alarms"):
        if deployed[template] is None:
            for group in _log_groups(template, values):
                if _has_log_group(account, group):
                    yield _fault(f"the log group {group}")


def _log_groups(template: str, values: Mapping[str, str]) -> list[str]:
    """Return the names of a template's log groups."""
    resources = load_template(template).resources
    kind = "AWS::Logs::LogGroup"
    ids = [name for name, resource in resources.items() if resource["Type"] == kind]
    return [_name(template, name, "LogGroupName", values) for name in ids]


def _fault(what: str) -> str:
    return (
        f"parameter Prefix: {what} is there already and its stack is not: a deleted stack left it"
        f" behind. Remove it, or choose another Prefix ({_PAGE})"
    )


def _name(template: str, resource: str, key: str, values: Mapping[str, str]) -> str:
    """Return a resource's name, which depends on the prefix alone."""
    declared: Any = load_template(template).resources[resource]["Properties"][key]
    return str(declared["Fn::Sub"].replace("${Prefix}", values["Prefix"]))


def _has_queue(account: Account, name: str) -> bool:
    try:
        account.client("sqs").get_queue_url(QueueName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NO_QUEUE:
            raise
        return False
    return True


def _has_log_group(account: Account, name: str) -> bool:
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in found)
