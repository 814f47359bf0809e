"""The availability zones: chosen where none is named, and refused where they lack something.

Zones differ: in us-east-1, ``use1-az3`` has neither Fargate, on which MWAA runs, nor any of the
default instance types, and under which letter an account sees it is the account's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.deployment.account_checks.instances import BATCH_CHOOSES
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import Deployed

#: The zone ids with Fargate, of the regions in which not all have it ("Supported Regions for Amazon
#: ECS on AWS Fargate", Amazon ECS developer guide). EC2's API does not say.
FARGATE = {
    "ap-northeast-1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "cn-north-1": ("cnn1-az1", "cnn1-az2"),
    "us-east-1": ("use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"),
    "us-west-1": ("usw1-az1", "usw1-az3"),
}
NAMES = ("Zone1", "Zone2")


@dataclass(frozen=True)
class Zone:
    """An availability zone.

    :param name: as this account names it, for example ``us-east-1a``
    :param zone_id: as AWS names it, for example ``use1-az6``
    :param lacks: what the deployment needs and the zone does not have
    """

    name: str
    zone_id: str
    lacks: tuple[str, ...]


def chosen_zones(
    account: Account, values: Mapping[str, str], network: Deployed | None
) -> dict[str, str]:
    """Choose the zones of a VPC that is made, if the file names none.

    :param values: the templates' parameters
    :param network: the network's stack, which keeps the zones that it has
    :returns: the parameters; none if the file names them or the VPC exists
    """
    if values["VpcId"] or values[NAMES[0]]:
        return {}
    if network is not None:
        return {name: network.parameters.get(name, "") for name in NAMES}
    fit = [zone.name for zone in _zones(account, values) if not zone.lacks]
    return dict(zip(NAMES, fit, strict=False)) if len(fit) >= len(NAMES) else {}


def zone_faults(
    account: Account, values: Mapping[str, str], network: Deployed | None
) -> Iterator[str]:
    """Find what is wrong with the zones, or with those of the subnets that are named.

    :param values: the templates' parameters, after :func:`chosen_zones`
    :param network: the network's stack, if it is there
    """
    zones = {zone.name: zone for zone in _zones(account, values)}
    if network is not None:
        yield from _changes(values, network)
        yield from _faults_of_types(account, values, zones)
    elif values["VpcId"]:
        yield from _faults_of_subnets(account, values, zones)
    else:
        yield from _faults_of_zones(account, values, zones)


def _changes(values: Mapping[str, str], network: Deployed) -> Iterator[str]:
    """Find what would replace the network: its exports are in use, so CloudFormation refuses."""
    fixed = ["VpcId", "PrivateSubnetIds", *([] if values["VpcId"] else ["VpcCidr", *NAMES])]
    for name in fixed:
        was = network.parameters.get(name, values[name])
        if values[name] != was:
            yield (
                f"parameter {name}: the network is there with {was or 'none'}, and that cannot"
                " change: set it back, or make a second deployment with a Prefix"
            )


def _faults_of_types(
    account: Account, values: Mapping[str, str], zones: Mapping[str, Zone]
) -> Iterator[str]:
    """Find instance types that no zone of a network offers that is there."""
    names = [values[name] for name in NAMES if values[name]]
    if values["VpcId"]:
        names = [subnet["AvailabilityZone"] for subnet in _subnets(account, values)]
    used = [zones[name] for name in names if name in zones]
    for item in values["InstanceTypes"].split(","):
        if used and all(item in zone.lacks for zone in used):
            yield (
                f"parameter InstanceTypes: no zone of the network ({', '.join(names)}) has {item},"
                " and its zones cannot change: remove it"
            )


def _faults_of_zones(
    account: Account, values: Mapping[str, str], zones: Mapping[str, Zone]
) -> Iterator[str]:
    wanted = [values[name] for name in NAMES]
    if not any(wanted):
        lacking = "; ".join(f"{zone.name} lacks {_all(zone.lacks)}" for zone in zones.values())
        yield (
            f"parameter InstanceTypes: {account.region} has no two zones with all that is needed"
            f" ({lacking}): take what is missing from InstanceTypes, or choose another region"
        )
    for name, zone in zip(NAMES, wanted, strict=True):
        if zone and zone not in zones:
            yield f"parameter {name}: {account.region} has no availability zone {zone}"
        elif zone and (lacks := zones[zone].lacks):
            yield f"parameter {name}: {zone} lacks {_all(lacks)}: {_instead(zones.values())}"


def _faults_of_subnets(
    account: Account, values: Mapping[str, str], zones: Mapping[str, Zone]
) -> Iterator[str]:
    for subnet in _subnets(account, values):
        zone = zones.get(subnet["AvailabilityZone"])
        if zone is None:
            yield (
                f"parameter PrivateSubnetIds: {subnet['SubnetId']} is in"
                f" {subnet['AvailabilityZone']}, which is no availability zone of"
                f" {account.region} (a local zone cannot hold MWAA)"
            )
        elif zone.lacks:
            yield (
                f"parameter PrivateSubnetIds: {subnet['SubnetId']} is in {zone.name}, which lacks"
                f" {_all(zone.lacks)}: {_instead(zones.values())}"
            )


def _subnets(account: Account, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return those of the named subnets that are there."""
    filters = [{"Name": "subnet-id", "Values": values["PrivateSubnetIds"].split(",")}]
    found: list[dict[str, Any]] = account.client("ec2").describe_subnets(Filters=filters)["Subnets"]
    return found


def _zones(account: Account, values: Mapping[str, str]) -> list[Zone]:
    """Return the region's zones by name, with what each lacks."""
    ec2 = account.client("ec2")
    filters = {"zone-type": ["availability-zone"], "state": ["available"]}
    found = ec2.describe_availability_zones(
        Filters=[{"Name": name, "Values": allowed} for name, allowed in filters.items()]
    )["AvailabilityZones"]
    wanted = [item for item in values["InstanceTypes"].split(",") if item != BATCH_CHOOSES]
    offered = _offered(ec2, wanted) if wanted else {}
    with_fargate = FARGATE.get(account.region)
    zones = []
    for item in sorted(found, key=lambda zone: str(zone["ZoneName"])):
        lacks = [kind for kind in wanted if not _offers(offered.get(item["ZoneName"], ()), kind)]
        if with_fargate is not None and item["ZoneId"] not in with_fargate:
            lacks.insert(0, "Fargate, on which MWAA runs")
        zones.append(Zone(item["ZoneName"], item["ZoneId"], tuple(lacks)))
    return zones


def _offered(ec2: Any, wanted: list[str]) -> dict[str, list[str]]:
    """Return the names of the wanted instance types that each zone offers."""
    patterns = [item if "." in item else f"{item}.*" for item in wanted]
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": patterns}]
    )
    found: dict[str, list[str]] = {}
    for page in pages:
        for offering in page["InstanceTypeOfferings"]:
            found.setdefault(offering["Location"], []).append(offering["InstanceType"])
    return found


def _offers(names: Any, wanted: str) -> bool:
    """Return whether a zone has an instance type, or any of a family."""
    return any(name == wanted or name.startswith(f"{wanted}.") for name in names)


def _all(lacks: tuple[str, ...]) -> str:
    return ", ".join(lacks) or "nothing"


def _instead(zones: Any) -> str:
    fit = [zone.name for zone in zones if not zone.lacks]
    if fit:
        return f"{', '.join(fit)} {'have' if len(fit) > 1 else 'has'} all that is needed"
    return "take what is missing from InstanceTypes"
