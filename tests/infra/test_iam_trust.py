"""Services alone take roles, and no foreign policy is attached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.cloudformation.templates import load_templates
from tests.infra.granted import ALL, OPTIONAL, as_list
from tests.infra.templates_of import Filled


def trust_statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for template in load_templates():
        for logical_id, resource in Filled(template.name).resources.items():
            if resource["Type"] == "AWS::IAM::Role":
                policy = resource["Properties"]["AssumeRolePolicyDocument"]
                yield from ((logical_id, statement) for statement in policy["Statement"])


@pytest.mark.parametrize(("role", "statement"), list(trust_statements()), ids=str)
def test_services_alone_take_the_roles(role: str, statement: dict[str, Any]) -> None:
    assert set(statement["Principal"]) == {"Service"}
    for service in as_list(statement["Principal"]["Service"]):
        assert service.endswith(".amazonaws.com")


def test_no_foreign_policy_is_attached() -> None:
    for template in load_templates():
        for role in Filled(template.name, **OPTIONAL).of_type("AWS::IAM::Role"):
            attached = {policy["Ref"] for policy in role.get("ManagedPolicyArns", [])}
            assert attached <= {"BucketPolicy", "TagInstancesPolicy"}


def test_jobs_tag_their_instances_for_the_existing_image_alone() -> None:
    own, existing = (Filled("access", JobImageKind=kind) for kind in ("own", "existing"))
    assert "TagInstancesPolicy" not in own.resources
    for role in ("JobRole", "MailJobRole"):
        attached = own.resources[role]["Properties"]["ManagedPolicyArns"]
        assert attached == [{"Ref": "BucketPolicy"}]
        attached = existing.resources[role]["Properties"]["ManagedPolicyArns"]
        assert attached == [{"Ref": "BucketPolicy"}, {"Ref": "TagInstancesPolicy"}]

    [item] = [item for item in ALL if "ec2:CreateTags" in item.actions]
    assert item.statement["Condition"] == {
        "StringEquals": {"aws:ResourceTag/Name": "emmaa-batch"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["project", "purpose"]},
    }
