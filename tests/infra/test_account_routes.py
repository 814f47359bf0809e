"""Checks of the routes from the account's subnets to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.deployment.account_checks.routes import ENDPOINTS, route_faults
from tests.infra.stubbed import StubbedAccount


@pytest.fixture
def account() -> Iterator[StubbedAccount]:
    with StubbedAccount() as account:
        yield account


def subnets(account: StubbedAccount, *found: tuple[str, str] | None) -> dict[str, str]:
    """Return the answers about a VPC's two subnets: their VPC and zone, or their absence."""
    account.answer("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}]}, VpcIds=["vpc-1"])
    ids = [f"subnet-{number}" for number, _ in enumerate(found)]
    for subnet_id, there in zip(ids, found, strict=True):
        if there is None:
            account.refuse("ec2", "describe_subnets", "InvalidSubnetID.NotFound")
            continue
        described = {"SubnetId": subnet_id, "VpcId": there[0], "AvailabilityZone": there[1]}
        answer = {"Subnets": [described]}
        account.answer("ec2", "describe_subnets", answer, SubnetIds=[subnet_id])
    return {"VpcId": "vpc-1", "PrivateSubnetIds": ",".join(ids)}


def routes(account: StubbedAccount, *tables: dict[str, Any], endpoints: Any = ()) -> list[str]:
    """Return the faults of subnet-0 and subnet-1 with these route tables of their VPC."""
    account.answer("ec2", "describe_route_tables", {"RouteTables": list(tables)})
    account.answer("ec2", "describe_vpc_endpoints", {"VpcEndpoints": list(endpoints)})
    values = {"VpcId": "vpc-1", "PrivateSubnetIds": "subnet-0,subnet-1"}
    return list(route_faults(account, values))


def table(
    *subnets: str, main: bool = False, target: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return a route table with its local route, and a default route if it has a target."""
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    default = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **(target or {})}
    return {
        "RouteTableId": f"rtb-{len(subnets)}{main}",
        "Associations": [{"SubnetId": subnet} for subnet in subnets] + [{"Main": True}] * main,
        "Routes": [local, default] if target else [local],
    }


@pytest.mark.parametrize(
    "target",
    [
        {"NatGatewayId": "nat-1"},
        {"TransitGatewayId": "tgw-1"},
        {"NetworkInterfaceId": "eni-1", "InstanceId": "i-1"},
        {"GatewayId": "vgw-1"},
        {"GatewayId": "vpce-1"},
    ],
)
def test_a_default_route_is_a_way_out(account: StubbedAccount, target: dict[str, str]) -> None:
    assert routes(account, table("subnet-0", "subnet-1", target=target)) == []


def test_a_subnet_without_a_table_of_its_own_has_the_main_one(account: StubbedAccount) -> None:
    nat, igw = {"NatGatewayId": "nat-1"}, {"GatewayId": "igw-1"}
    [fault] = routes(account, table(main=True, target=igw), table("subnet-0", target=nat))
    assert fault.startswith("parameter PrivateSubnetIds: subnet-1 is public: its route table")
    assert routes(account, table(main=True, target=nat), table("other", target=igw)) == []


@pytest.mark.parametrize(
    ("target", "reported"),
    [
        ({"GatewayId": "igw-1"}, "is public: its route table rtb-2False leads to the internet"),
        ({"NatGatewayId": "nat-1", "State": "blackhole"}, "leads to something that is gone"),
        ({}, "has no route to 0.0.0.0/0, and the VPC lacks endpoints for airflow.api"),
    ],
)
def test_no_way_out_is_reported(
    account: StubbedAccount, target: dict[str, str], reported: str
) -> None:
    faults = routes(account, table("subnet-0", "subnet-1", target=target))

    assert [fault.split()[2] for fault in faults] == ["subnet-0", "subnet-1"]
    assert all(reported in fault for fault in faults)


def endpoints(*left_out: str, table_of_s3: str = "rtb-2False") -> list[dict[str, Any]]:
    return [
        {
            "ServiceName": f"com.amazonaws.us-east-1.{service}",
            "State": "available" if service != "kms" else "Available",
            "VpcEndpointType": "Gateway" if service == "s3" else "Interface",
            "RouteTableIds": [table_of_s3] if service == "s3" else [],
        }
        for service in ENDPOINTS
        if service not in left_out
    ]


def test_endpoints_stand_in_for_a_route(account: StubbedAccount) -> None:
    private = table("subnet-0", "subnet-1")

    assert routes(account, private, endpoints=endpoints()) == []
    for fault in routes(account, private, endpoints=endpoints("sqs", "logs")):
        assert "lacks endpoints for logs, sqs. Add a route" in fault
    for fault in routes(account, private, endpoints=endpoints(table_of_s3="rtb-other")):
        assert "lacks endpoints for s3." in fault
