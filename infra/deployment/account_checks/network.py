"""Check that an existing VPC can hold Airflow and the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.aws.account import Account


def network_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of ``VpcId`` and ``PrivateSubnetIds``.

    :param values: the templates' parameters
    """
    vpc = values["VpcId"]
    if not vpc:
        return
    ec2 = account.client("ec2")
    if not _found(ec2.describe_vpcs, "Vpcs", VpcIds=[vpc]):
        yield f"parameter VpcId: there is no VPC {vpc} in {account.region}"
        return
    ids = values["PrivateSubnetIds"].split(",")
    subnets = [
        subnet
        for subnet_id in ids
        for subnet in _found(ec2.describe_subnets, "Subnets", SubnetIds=[subnet_id])
    ]
    there = {subnet["SubnetId"] for subnet in subnets}
    for subnet_id in ids:
        if subnet_id not in there:
            yield f"parameter PrivateSubnetIds: there is no subnet {subnet_id} in {account.region}"
    for subnet in subnets:
        if subnet["VpcId"] != vpc:
            yield (
                f"parameter PrivateSubnetIds: {subnet['SubnetId']} is in {subnet['VpcId']}, not in"
                f" VpcId, which is {vpc}"
            )
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(zones) == len(ids) and len(set(zones)) < len(zones):
        yield (
            f"parameter PrivateSubnetIds: both subnets are in {zones[0]}; MWAA needs two"
            " availability zones"
        )


def _found(describe: Any, key: str, **query: Any) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = describe(**query)[key]
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith(("InvalidVpcID", "InvalidSubnetID")):
            raise
        return []
    return found
