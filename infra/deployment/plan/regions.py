"""Regions: their partition, and which lack something that the stacks are made of.

The second by CloudFormation's own schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.deployment.plan.secret_parameters import SECRETS

#: Parameters that hold an ARN.
_ARNS = (*SECRETS, "MailIdentityArn", "SecretsKeyArn")
NO_MWAA = frozenset(
    {"ap-east-2", "ap-southeast-6", "mx-central-1", "us-gov-east-1", "us-gov-west-1"}
)
NO_BUDGETS = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        *NO_MWAA,
    }
)


def region_faults(region: str, values: Mapping[str, str]) -> Iterator[str]:
    """Find what a region does not have.

    :param values: the templates' parameters
    """
    partition = _partition(region)
    for name in _ARNS:
        if partition and values[name] and values[name].split(":")[1] != partition:
            yield (
                f"parameter {name}: {values[name]} is not of {partition}, the partition of"
                f" {region}: it begins with arn:{partition}:"
            )
    if region in NO_MWAA:
        yield f"key region: Amazon MWAA is not offered in {region}; choose another region"
    if region in NO_BUDGETS and int(values["MonthlyBudget"]):
        yield (
            f"parameter MonthlyBudget: CloudFormation makes no budgets in {region}: set it to 0,"
            " and make the budget by hand (docs/operations.md, Keep to a budget)"
        )


def _partition(region: str) -> str:
    """Return the partition of a region; empty if AWS has no such region, which settings refuse."""
    import boto3
    from botocore.exceptions import UnknownRegionError

    try:
        return str(boto3.Session().get_partition_for_region(region))
    except UnknownRegionError:
        return ""
