"""The network is the deployment's own, or one that is named."""

from __future__ import annotations

from tests.infra.templates_of import Filled


def test_a_vpc_is_made_only_where_none_is_named() -> None:
    assert Filled("network").of_type("AWS::EC2::VPC")
    assert len(Filled("network", NatGateways=2).of_type("AWS::EC2::NatGateway")) == 2
    made = {r["Type"] for r in Filled("network", VpcId="vpc-12345678").resources.values()}
    assert made == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
