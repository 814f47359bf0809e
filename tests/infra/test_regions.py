"""Regions without MWAA or budgets are refused before anything is made."""

from __future__ import annotations

import pytest
from cfnlint.helpers import REGIONS  # type: ignore[import-untyped]
from cfnlint.schema import (  # type: ignore[import-untyped]
    PROVIDER_SCHEMA_MANAGER,
    ResourceNotFoundError,
)

from emmaa_cycle.errors import InputError
from infra.cloudformation.templates import load_templates
from infra.deployment.plan.cross_checks import NO_BUDGETS, NO_MWAA, check_together, region_faults
from infra.deployment.plan.secret_parameters import SECRETS
from infra.deployment.plan.stacks import parameter_values
from tests.infra.world import deployment


def lacking(kind: str) -> set[str]:
    """Return the regions in which CloudFormation does not know a type of resource."""
    return {region for region in REGIONS if not is_known(region, kind)}


def is_known(region: str, kind: str) -> bool:
    try:
        PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind)
    except ResourceNotFoundError:
        return False
    return True


def test_the_regions_are_those_of_cloudformation_s_schemas() -> None:
    assert lacking("AWS::MWAA::Environment") == NO_MWAA
    assert lacking("AWS::Budgets::Budget") == NO_BUDGETS


def test_all_else_is_wherever_mwaa_is() -> None:
    kinds = {r["Type"] for template in load_templates() for r in template.resources.values()}
    for kind in kinds - {"AWS::Budgets::Budget"}:
        assert lacking(kind) <= NO_MWAA, kind


@pytest.mark.parametrize(
    ("region", "budget", "reported"),
    [
        ("us-east-1", "600", []),
        ("cn-north-1", "600", []),
        ("eu-north-1", "0", []),
        ("eu-north-1", "600", ["parameter MonthlyBudget"]),
        ("us-gov-west-1", "0", ["key region"]),
    ],
)
def test_what_a_region_lacks_is_named(region: str, budget: str, reported: list[str]) -> None:
    no_arns = dict.fromkeys([*SECRETS, "MailIdentityArn", "SecretsKeyArn"], "")
    faults = list(region_faults(region, {**no_arns, "MonthlyBudget": budget}))

    assert [fault.partition(":")[0] for fault in faults] == reported


def test_a_plan_is_refused_where_there_is_no_mwaa() -> None:
    elsewhere = deployment().model_copy(update={"region": "us-gov-west-1"})

    with pytest.raises(InputError, match="MWAA is not offered in us-gov-west-1"):
        check_together(elsewhere, parameter_values(elsewhere))


def test_an_arn_of_another_partition_is_named() -> None:
    beijing = deployment().model_copy(update={"region": "cn-north-1"})

    with pytest.raises(InputError) as refused:
        check_together(beijing, parameter_values(beijing))
    reported = str(refused.value)
    for name in (*SECRETS[:3], "MailIdentityArn"):
        assert f"parameter {name}: arn:aws:" in reported
    assert reported.count("it begins with arn:aws-cn:") == 4
