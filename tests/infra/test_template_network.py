"""The network is the deployment's own, or one that is named."""

from __future__ import annotations

from tests.infra.templates_of import Filled


def test_a_vpc_is_made_only_where_none_is_named() -> None:
    assert Filled("network").of_type("AWS::EC2::VPC")
    assert len(Filled("network", NatGateways=2).of_type("AWS::EC2::NatGateway")) == 2
    made = {r["Type"] for r in Filled("network", VpcId="vpc-12345678").resources.values()}
    assert made == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}


def test_subnets_are_in_the_zones_that_are_named() -> None:
    made = Filled("network", Zone1="us-east-1c", Zone2="us-east-1f").resources
    zones = {
        name: made[name]["Properties"]["AvailabilityZone"]
        for name in ("PublicSubnet1", "PublicSubnet2", "PrivateSubnet1", "PrivateSubnet2")
    }

    assert zones == {
        "PublicSubnet1": "us-east-1c",
        "PublicSubnet2": "us-east-1f",
        "PrivateSubnet1": "us-east-1c",
        "PrivateSubnet2": "us-east-1f",
    }
