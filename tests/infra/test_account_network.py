"""Checks of the account's network: subnets, zones and routes to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.deployment.account_checks.network import network_faults
from infra.deployment.account_checks.zones import chosen_zones, zone_faults
from infra.deployment.aws.cloudformation import Deployed
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


@pytest.mark.parametrize(
    ("found", "reported"),
    [
        ((("vpc-1", "a"), ("vpc-1", "b")), []),
        ((("vpc-1", "a"), None), ["there is no subnet subnet-1"]),
        ((("vpc-1", "a"), ("vpc-2", "b")), ["subnet-1 is in vpc-2, not in VpcId"]),
        ((("vpc-1", "a"), ("vpc-1", "a")), ["both subnets are in a; MWAA needs two"]),
    ],
)
def test_subnets_are_in_the_vpc_and_in_two_zones(
    account: StubbedAccount, found: tuple[Any, ...], reported: list[str]
) -> None:
    faults = list(network_faults(account, subnets(account, *found)))

    assert len(faults) == len(reported)
    for fault, expected in zip(faults, reported, strict=True):
        assert fault.startswith("parameter PrivateSubnetIds: ")
        assert expected in fault


def test_a_vpc_that_is_not_there_is_named(account: StubbedAccount) -> None:
    account.refuse("ec2", "describe_vpcs", "InvalidVpcID.NotFound")
    [fault] = network_faults(account, {"VpcId": "vpc-1", "PrivateSubnetIds": "subnet-1"})

    assert fault.startswith("parameter VpcId: there is no VPC vpc-1")


VALUES = {
    "VpcId": "",
    "PrivateSubnetIds": "",
    "Zone1": "",
    "Zone2": "",
    "VpcCidr": "10.42.0.0/16",
    "InstanceTypes": "m6i,r6i.2xlarge",
}
BOTH = ("m6i.large", "r6i.2xlarge")


def network(**zones: str) -> Deployed:
    return Deployed("CREATE_COMPLETE", "", zones, {})


def zones(account: StubbedAccount, **offered: tuple[str, ...]) -> None:
    """Return the answers about the zones: letter, number, and the instance types of each."""
    found = [{"ZoneName": f"us-east-1{key[0]}", "ZoneId": f"use1-az{key[1]}"} for key in offered]
    # As AWS does not promise, not in the order of their names.
    account.answer("ec2", "describe_availability_zones", {"AvailabilityZones": found[::-1]})
    listed = [
        {"InstanceType": name, "Location": f"us-east-1{key[0]}"}
        for key, names in offered.items()
        for name in names
    ]
    account.answer("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": listed})


def test_the_first_zones_that_have_everything_are_chosen(account: StubbedAccount) -> None:
    """Not the one without Fargate, and none that lacks a type or all of a family."""
    zones(account, a3=BOTH, b1=("m6i.large",), c2=BOTH, d4=("r6i.2xlarge",), e5=BOTH)
    chosen = chosen_zones(account, VALUES, None)

    assert chosen == {"Zone1": "us-east-1c", "Zone2": "us-east-1e"}


@settings(max_examples=25)
@given(
    offered=st.lists(
        st.tuples(
            st.integers(1, 6), st.sets(st.sampled_from(["m6i.large", "r6i.2xlarge", "m6id.large"]))
        ),
        max_size=6,
        unique_by=lambda zone: zone[0],
    )
)
def test_what_is_chosen_is_never_refused(offered: list[tuple[int, set[str]]]) -> None:
    """And nothing is chosen only where there are no two zones with everything."""
    found = {f"{'abcdef'[n - 1]}{n}": tuple(sorted(names)) for n, names in offered}
    fit = [key for key in found if key != "c3" and {*BOTH} <= {*found[key]}]
    with StubbedAccount() as account:
        zones(account, **found)
        chosen = chosen_zones(account, VALUES, None)
        zones(account, **found)
        faults = list(zone_faults(account, {**VALUES, **chosen}, None))

    assert len(chosen) == (2 if len(fit) >= 2 else 0)
    assert len(faults) == (not chosen)


@pytest.mark.parametrize(
    "values",
    [{"Zone1": "us-east-1a", "Zone2": "us-east-1b"}, {"VpcId": "vpc-1"}],
)
def test_zones_that_are_named_are_not_chosen(
    account: StubbedAccount, values: dict[str, str]
) -> None:
    assert chosen_zones(account, {**VALUES, **values}, None) == {}


@pytest.mark.parametrize("was", [{"Zone1": "us-east-1d", "Zone2": "us-east-1f"}, {}])
def test_a_network_keeps_its_zones(account: StubbedAccount, was: dict[str, str]) -> None:
    kept = {"Zone1": was.get("Zone1", ""), "Zone2": was.get("Zone2", "")}

    assert chosen_zones(account, VALUES, network(**was)) == kept
    zones(account, d4=BOTH, f5=BOTH)
    assert not list(zone_faults(account, {**VALUES, **kept}, network(**was)))


def test_too_few_zones_are_reported_with_what_they_lack(account: StubbedAccount) -> None:
    zones(account, a1=BOTH, b2=("m6i.large",), c3=())
    assert chosen_zones(account, VALUES, None) == {}
    zones(account, a1=BOTH, b2=("m6i.large",), c3=())
    [fault] = zone_faults(account, VALUES, None)

    assert fault.startswith("parameter InstanceTypes: us-east-1 has no two zones")
    assert "us-east-1b lacks r6i.2xlarge" in fault
    assert "us-east-1c lacks Fargate, on which MWAA runs, m6i, r6i.2xlarge" in fault


@pytest.mark.parametrize(
    ("zone", "reported"),
    [
        ("us-east-1a", None),
        ("us-east-1b", "us-east-1b lacks r6i.2xlarge: us-east-1a, us-east-1d have all"),
        ("us-east-1c", "us-east-1c lacks Fargate"),
        ("us-east-1z", "us-east-1 has no availability zone us-east-1z"),
        ("eu-west-1a", "us-east-1 has no availability zone eu-west-1a"),
    ],
)
def test_a_named_zone_has_what_is_needed(
    account: StubbedAccount, zone: str, reported: str | None
) -> None:
    zones(account, a1=BOTH, b2=("m6i.large",), c3=BOTH, d4=BOTH)
    faults = list(zone_faults(account, {**VALUES, "Zone1": zone, "Zone2": "us-east-1d"}, None))

    assert len(faults) == (reported is not None)
    for fault in faults:
        assert fault.startswith("parameter Zone1: ")
        assert str(reported) in fault


@pytest.mark.parametrize(
    ("was", "changed"),
    [
        ({"Zone1": "us-east-1a", "Zone2": "us-east-1d"}, ["Zone2"]),
        ({"VpcCidr": "10.1.0.0/16"}, ["VpcCidr"]),
        ({"VpcId": "vpc-1", "PrivateSubnetIds": "a,b"}, ["VpcId", "PrivateSubnetIds"]),
        ({"Zone1": "us-east-1a", "Zone2": "us-east-1b", "VpcCidr": "10.0.0.0/16"}, []),
    ],
)
def test_a_network_cannot_change(
    account: StubbedAccount, was: dict[str, str], changed: list[str]
) -> None:
    zones(account, a1=BOTH, b2=BOTH, d4=BOTH)
    values = {**VALUES, "Zone1": "us-east-1a", "Zone2": "us-east-1b", "VpcCidr": "10.0.0.0/16"}
    faults = list(zone_faults(account, values, network(**was)))

    assert [fault.split(":")[0] for fault in faults] == [f"parameter {name}" for name in changed]


def test_a_network_that_is_there_is_not_refused_for_its_zones(account: StubbedAccount) -> None:
    """They cannot change; only a type that none of them has is of no use."""
    values = {
        **VALUES,
        "Zone1": "us-east-1c",
        "Zone2": "us-east-1b",
        "InstanceTypes": "m6i,m9x,r6i",
    }
    zones(account, c3=("m6i.large",), b2=("r6i.large",))
    [fault] = zone_faults(account, {**values, "VpcCidr": "x"}, network(Zone1="us-east-1c"))

    assert "no zone of the network (us-east-1c, us-east-1b) has m9x" in fault


def test_subnets_that_are_named_are_in_zones_that_have_everything(account: StubbedAccount) -> None:
    zones(account, a1=BOTH, c3=BOTH)
    found = [
        {"SubnetId": f"subnet-{letter}", "AvailabilityZone": f"us-east-1{letter}"}
        for letter in ("a", "c", "-bos-1a")
    ]
    account.answer("ec2", "describe_subnets", {"Subnets": found})
    values = {**VALUES, "VpcId": "vpc-1", "PrivateSubnetIds": "subnet-a,subnet-c"}
    missing, local = zone_faults(account, values, None)

    assert "subnet-c is in us-east-1c, which lacks Fargate" in missing
    assert "us-east-1 has" not in missing
    assert "is no availability zone of us-east-1 (a local zone" in local


def test_what_batch_chooses_is_not_looked_for_in_zones(account: StubbedAccount) -> None:
    found = [
        {"ZoneName": f"us-east-1{z}", "ZoneId": f"use1-az{n}"} for z, n in (("a", 1), ("b", 2))
    ]
    account.answer("ec2", "describe_availability_zones", {"AvailabilityZones": found})

    chosen = chosen_zones(account, {**VALUES, "InstanceTypes": "optimal"}, None)
    assert chosen == {"Zone1": "us-east-1a", "Zone2": "us-east-1b"}
