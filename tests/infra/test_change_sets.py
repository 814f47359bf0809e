"""Tests of change sets that moto lacks: failing, refused, unfinished and paged ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.deployment.aws.cloudformation import (
    Change,
    CloudFormation,
    Deployed,
    StackFailedError,
)
from infra.deployment.deployer import Plan
from infra.deployment.difference import difference
from infra.deployment.plan.stacks import Stack
from tests.infra.world import REGION, deployment

ARN = f"arn:aws:cloudformation:{REGION}:123456789012:changeSet/c/1"


@pytest.fixture
def stack() -> Stack:
    return Plan.of(deployment()).stacks({})[0]


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "cloudformation",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with Stubber(client) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()
    client.close()


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"ChangeSetName": "c", "Status": status, **more}


def made(stub: Stubber, kind: str) -> None:
    stub.add_response(
        "create_change_set",
        {"Id": ARN, "StackId": "s"},
        {
            "StackName": "emmaa-artifacts",
            "ChangeSetName": ANY,
            "ChangeSetType": kind,
            "TemplateBody": ANY,
            "Parameters": ANY,
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Tags": [
                {"Key": "project", "Value": "emmaa"},
                {"Key": "deployment", "Value": "emmaa"},
            ],
        },
    )


def change(action: str, replacement: str) -> dict[str, Any]:
    resource = {
        "Action": action,
        "LogicalResourceId": "Bucket",
        "ResourceType": "AWS::S3::Bucket",
        "Replacement": replacement,
    }
    return {"Type": "Resource", "ResourceChange": resource}


def test_changes_of_all_pages(stub: Stubber, stack: Stack) -> None:
    made(stub, "UPDATE")
    stub.add_response("describe_change_set", described("CREATE_COMPLETE"))
    page = described("CREATE_COMPLETE", Changes=[change("Modify", "True")], NextToken="2")
    stub.add_response("describe_change_set", page, {"ChangeSetName": ARN})
    page = described("CREATE_COMPLETE", Changes=[change("Modify", "False")])
    stub.add_response("describe_change_set", page, {"ChangeSetName": ARN, "NextToken": "2"})
    found = CloudFormation(stub.client).prepare(stack, creates=False)

    assert found is not None
    assert found.changes == (
        Change("Modify", "Bucket", "AWS::S3::Bucket", replaces=True),
        Change("Modify", "Bucket", "AWS::S3::Bucket", replaces=False),
    )


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_no_changes_leave_no_change_set(stub: Stubber, stack: Stack, reason: str) -> None:
    made(stub, "UPDATE")
    stub.add_response("describe_change_set", described("FAILED"))
    stub.add_response("describe_change_set", described("FAILED", StatusReason=reason))
    stub.add_response("delete_change_set", {}, {"ChangeSetName": ARN})

    assert CloudFormation(stub.client).prepare(stack, creates=False) is None


def test_a_refused_change_set_is_reported_and_removed(stub: Stubber, stack: Stack) -> None:
    made(stub, "CREATE")
    stub.add_response("describe_change_set", described("FAILED"))
    reason = "Parameters: [X] must have values"
    stub.add_response("describe_change_set", described("FAILED", StatusReason=reason))
    stub.add_response("delete_change_set", {}, {"ChangeSetName": ARN})

    with pytest.raises(StackFailedError, match=r"emmaa-artifacts was refused: Parameters: \[X\]"):
        CloudFormation(stub.client).prepare(stack, creates=True)


def stack_in(status: str) -> dict[str, Any]:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    stack = {"StackName": "s", "StackId": "s", "CreationTime": now, "StackStatus": status}
    return {"Stacks": [stack]}


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_cannot_be_changed_is_named(stub: Stubber, status: str) -> None:
    stub.add_response("describe_stacks", stack_in(status))

    with pytest.raises(StackFailedError, match=f"stack s is in {status}") as failed:
        CloudFormation(stub.client).deployed("s")
    # It holds what works: only what never came to be is thrown away.
    assert ("delete it" in str(failed.value)) == (status in ("ROLLBACK_COMPLETE", "DELETE_FAILED"))


def body_of(stub: Stubber, body: str) -> Deployed:
    stub.add_response("describe_stacks", stack_in("UPDATE_COMPLETE"))
    stub.add_response("get_template", {"TemplateBody": body})
    deployed = CloudFormation(stub.client).deployed("s")
    assert deployed is not None
    return deployed


def test_an_edited_comment_is_no_difference(stub: Stubber, stack: Stack) -> None:
    """CloudFormation finds no changes in it, so the deployed text would stay the old one."""
    edited = "# A comment\n" + stack.template.body.replace(": true", ":  true")
    deployed = replace(body_of(stub, edited), parameters=dict(stack.parameters))

    assert difference(stack, deployed) == []


def test_an_edited_resource_is_shown_as_text(stub: Stubber, stack: Stack) -> None:
    edited = stack.template.body.replace("DaysAfterInitiation: 7", "DaysAfterInitiation: 8")
    deployed = replace(body_of(stub, edited), parameters=dict(stack.parameters))
    shown = difference(stack, deployed)

    assert any(line.startswith("-") and "DaysAfterInitiation: 8" in line for line in shown)
    assert any(line.startswith("+") and "DaysAfterInitiation: 7" in line for line in shown)


def test_a_template_that_cannot_be_read_differs(stub: Stubber, stack: Stack) -> None:
    deployed = replace(body_of(stub, "a: [b"), parameters=dict(stack.parameters))

    assert difference(stack, deployed)


def test_what_cloudformation_does_not_count_as_a_change_is_no_difference(
    stub: Stubber, stack: Stack
) -> None:
    """A description alone: no change set can bring it there."""
    described = stack.template.document["Description"]
    edited = stack.template.body.replace(described, "Before")
    deployed = replace(body_of(stub, edited), parameters=dict(stack.parameters))

    assert difference(stack, deployed) == []
