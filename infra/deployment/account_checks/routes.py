"""Check that the private subnets of an existing VPC have a route out of it.

Jobs read literature from the internet, and MWAA calls AWS. Without a way out an environment fails
after half an hour, and a job hangs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.deployment.aws.account import Account

_ANYWHERE = "0.0.0.0/0"
#: What a default route may lead to, but for gateways: these translate or forward themselves.
_TARGETS = (
    "NatGatewayId",
    "TransitGatewayId",
    "CoreNetworkArn",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "LocalGatewayId",
    "CarrierGatewayId",
)
#: The endpoints that stand in for a default route (MWAA user guide, "Creating the required VPC
#: service endpoints"; and what jobs and their instances call).
ENDPOINTS = (
    "airflow.api",
    "airflow.env",
    "batch",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "kms",
    "logs",
    "monitoring",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
)


def route_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Find subnets of ``PrivateSubnetIds`` that have no way out.

    :param values: the templates' parameters
    """
    if not (vpc := values["VpcId"]):
        return
    ec2 = account.client("ec2")
    tables = list(_pages(ec2, "describe_route_tables", "RouteTables", vpc))
    endpoints = list(_pages(ec2, "describe_vpc_endpoints", "VpcEndpoints", vpc))
    for subnet in values["PrivateSubnetIds"].split(","):
        table = _table_of(tables, subnet)
        if table is not None and (fault := _fault(account.region, table, endpoints)):
            yield f"parameter PrivateSubnetIds: {subnet} {fault}"


def _pages(ec2: Any, operation: str, key: str, vpc: str) -> Iterator[dict[str, Any]]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    for page in ec2.get_paginator(operation).paginate(Filters=filters):
        yield from page[key]


def _table_of(tables: list[dict[str, Any]], subnet: str) -> dict[str, Any] | None:
    """Return the route table of a subnet: its own, or the VPC's main one."""
    main = None
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet:
                return table
            if association.get("Main"):
                main = table
    return main


def _fault(region: str, table: dict[str, Any], endpoints: list[dict[str, Any]]) -> str:
    """Return what keeps a subnet with this route table from its way out; empty if nothing."""
    name = table["RouteTableId"]
    route = next((r for r in table["Routes"] if r.get("DestinationCidrBlock") == _ANYWHERE), None)
    if route is None:
        missing = sorted(set(ENDPOINTS) - _reached(region, name, endpoints))
        if not missing:
            return ""
        return (
            f"has no way out: its route table {name} has no route to {_ANYWHERE}, and the VPC lacks"
            f" endpoints for {', '.join(missing)}. Add a route to a NAT gateway, or the endpoints"
        )
    if route.get("State") == "blackhole":
        return (
            f"has no way out: the route to {_ANYWHERE} of its route table {name} leads to something"
            " that is gone; let it lead to a NAT gateway"
        )
    gateway = route.get("GatewayId", "")
    if gateway.startswith("igw-"):
        return (
            f"is public: its route table {name} leads to the internet gateway {gateway}, through"
            " which nothing without a public address gets out, and MWAA and the jobs have none;"
            " name subnets whose route leads to a NAT gateway"
        )
    if gateway or any(route.get(target) for target in _TARGETS):
        return ""
    return f"has no way out: the route to {_ANYWHERE} of its route table {name} has no target"


def _reached(region: str, table: str, endpoints: list[dict[str, Any]]) -> set[str]:
    """Return the services whose endpoints a subnet with this route table reaches."""
    found = set()
    for endpoint in endpoints:
        is_gateway = endpoint.get("VpcEndpointType") == "Gateway"
        if endpoint.get("State", "").lower() != "available":
            continue
        if not is_gateway or table in endpoint.get("RouteTableIds", ()):
            found.add(endpoint["ServiceName"].partition(f".{region}.")[2])
    return found
