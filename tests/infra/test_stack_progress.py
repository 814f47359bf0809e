"""An operation on a stack is followed to its end, with each event shown once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from infra.deployment.aws import stack_progress
from infra.deployment.aws.cloudformation import ChangeSet, CloudFormation, StackFailedError
from infra.deployment.aws.stack_progress import StackProgress, StillRunningError
from infra.deployment.cli import hint_for
from infra.deployment.deployer import Plan
from infra.deployment.plan.stacks import Stack
from tests.infra.world import REGION, deployment

ARN = f"arn:aws:cloudformation:{REGION}:123456789012:changeSet/c/1"
ID = f"arn:aws:cloudformation:{REGION}:123456789012:stack/emmaa-artifacts/1"
OLD = ("s", "CREATE_COMPLETE", None)
BEGUN = ("s", "UPDATE_IN_PROGRESS", "User Initiated")


@pytest.fixture
def stack() -> Stack:
    return Plan.of(deployment()).stacks({})[0]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
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


@pytest.fixture
def said() -> list[str]:
    return []


def events(stub: Stubber, *history: tuple[str, str, str | None], pages: int = 1) -> None:
    """Let the next look find a stack's events, oldest first; "s" stands for the stack itself."""
    found = [
        {
            "StackId": ID,
            "EventId": str(number),
            "StackName": "emmaa-artifacts",
            "Timestamp": datetime(2026, 3, 1, 12, number, tzinfo=UTC),
            "LogicalResourceId": "emmaa-artifacts" if resource == "s" else resource,
            "PhysicalResourceId": ID if resource == "s" else f"{resource}-1",
            "ResourceType": "AWS::CloudFormation::Stack" if resource == "s" else "AWS::S3::Bucket",
            "ResourceStatus": status,
            **({"ResourceStatusReason": reason} if reason else {}),
        }
        for number, (resource, status, reason) in enumerate(history)
    ][::-1]
    size = -(-len(found) // pages)
    for page in range(pages):
        more = {} if page == pages - 1 else {"NextToken": str(page)}
        part = found[page * size : (page + 1) * size]
        stub.add_response("describe_stack_events", {"StackEvents": part, **more})


def execute(stub: Stubber, stack: Stack, said: list[str], *, creates: bool = False) -> None:
    change_set = ChangeSet(ARN, stack, creates=creates, changes=(), stack_id=ID)
    CloudFormation(stub.client, said.append).execute(change_set)


def test_an_update_is_followed_to_its_end(stub: Stubber, stack: Stack, said: list[str]) -> None:
    """The end of the operation before it, which the first looks still find, is not its end."""
    events(stub, OLD)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": ARN})
    bucket = ("Bucket", "UPDATE_IN_PROGRESS", None)
    events(stub, OLD)
    events(stub, OLD, BEGUN, bucket)
    cleaning = ("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None)
    events(stub, OLD, BEGUN, bucket, ("Bucket", "UPDATE_COMPLETE", None), cleaning)
    ended = [BEGUN, bucket, ("Bucket", "UPDATE_COMPLETE", None), cleaning]
    events(stub, OLD, *ended, ("s", "UPDATE_COMPLETE", None))
    execute(stub, stack, said)

    assert said == [
        "  12:01:00 UPDATE_IN_PROGRESS emmaa-artifacts (AWS::CloudFormation::Stack)",
        "  12:02:00 UPDATE_IN_PROGRESS Bucket (AWS::S3::Bucket)",
        "  12:03:00 UPDATE_COMPLETE Bucket (AWS::S3::Bucket)",
        "  12:04:00 UPDATE_COMPLETE_CLEANUP_IN_PROGRESS emmaa-artifacts"
        " (AWS::CloudFormation::Stack)",
        "  12:05:00 UPDATE_COMPLETE emmaa-artifacts (AWS::CloudFormation::Stack)",
    ]


def test_failures_are_reported_first_one_first_and_older_operations_not(
    stub: Stubber, stack: Stack, said: list[str]
) -> None:
    old = [("Older", "CREATE_FAILED", "Long ago"), OLD]
    events(stub, *old)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": ARN})
    events(
        stub,
        *old,
        BEGUN,
        ("First", "UPDATE_FAILED", "Access denied"),
        ("Second", "UPDATE_FAILED", "Resource update cancelled"),
        ("s", "UPDATE_ROLLBACK_IN_PROGRESS", None),
        ("s", "UPDATE_ROLLBACK_COMPLETE", None),
        pages=2,
    )

    with pytest.raises(StackFailedError) as failed:
        execute(stub, stack, said)
    assert str(failed.value).splitlines() == [
        "stack emmaa-artifacts failed:",
        "  First: Access denied",
        "  Second: Resource update cancelled",
    ]
    assert any(
        line.endswith("UPDATE_FAILED First (AWS::S3::Bucket): Access denied") for line in said
    )


@pytest.mark.parametrize("code", ["Throttling", "ServiceUnavailable"])
def test_no_answer_for_a_while_is_no_end(
    stub: Stubber, stack: Stack, said: list[str], code: str
) -> None:
    events(stub, OLD)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": ARN})
    stub.add_client_error("describe_stack_events", code)
    events(stub, OLD, BEGUN, ("s", "UPDATE_COMPLETE", None))
    execute(stub, stack, said)

    assert said[-1].split()[1] == "UPDATE_COMPLETE"


def test_a_lost_connection_is_no_end(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    progress = StackProgress(object(), ID, said.append, joins=True)
    looks = iter([EndpointConnectionError(endpoint_url="x"), "ended"])

    def look() -> Any:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(progress, "_look", look)

    assert progress.wait() == "ended"  # type: ignore[comparison-overlap]
    assert "no answer from AWS, trying again" in said[0]


def test_expired_credentials_end_the_tool_and_not_the_operation(
    stub: Stubber, stack: Stack, said: list[str]
) -> None:
    events(stub, OLD)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": ARN})
    stub.add_client_error("describe_stack_events", "ExpiredToken")

    with pytest.raises(ClientError) as failed:
        execute(stub, stack, said)
    assert "sign in again" in hint_for(failed.value)


def test_a_stack_that_is_being_changed_is_waited_for(stub: Stubber, said: list[str]) -> None:
    """As after expired credentials: the next run joins what the last one began."""
    described = {"StackName": "x", "StackId": ID, "CreationTime": datetime(2026, 3, 1, tzinfo=UTC)}
    running = {**described, "StackStatus": "CREATE_IN_PROGRESS"}
    stub.add_response("describe_stacks", {"Stacks": [running]}, {"StackName": "x"})
    begun = [
        ("s", "REVIEW_IN_PROGRESS", "User Initiated"),
        ("s", "CREATE_IN_PROGRESS", "User Initiated"),
    ]
    events(stub, *begun)
    events(stub, *begun, ("s", "CREATE_COMPLETE", None))
    done = {**described, "StackStatus": "CREATE_COMPLETE"}
    stub.add_response("describe_stacks", {"Stacks": [done]}, {"StackName": "x"})
    found = CloudFormation(stub.client, said.append).settled("x")

    assert found is not None
    assert found["StackStatus"] == "CREATE_COMPLETE"
    assert said[0] == "stack x is in CREATE_IN_PROGRESS: waiting for the end of that"
    assert [line.split()[1] for line in said[1:]] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


class Unfolding:
    """A CloudFormation whose events appear little by little, in pages of any size.

    :param events: oldest first
    :param visible: how many of them each look finds, first of all the one before the operation
    """

    def __init__(self, events: list[dict[str, Any]], visible: list[int], page: int) -> None:
        self.events, self.page = events, page
        self.looks = iter(visible)
        self.now = 0

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:
        return next(iter(self.paginate(StackName)))

    def get_paginator(self, operation: str) -> Unfolding:
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:
        self.now = next(self.looks, len(self.events))
        newest = self.events[: self.now][::-1]
        for start in range(0, len(newest) or 1, self.page):
            yield {"StackEvents": newest[start : start + self.page]}


def history(*kinds: str) -> list[dict[str, Any]]:
    """Return a history of events: "b"egins, "e"nds, or a "r"esource."""
    names = {"b": "UPDATE_IN_PROGRESS", "e": "UPDATE_COMPLETE", "r": "CREATE_COMPLETE"}
    return [
        {
            "EventId": str(number),
            "Timestamp": datetime(2026, 3, 1, tzinfo=UTC),
            "LogicalResourceId": f"{kind}{number}",
            "PhysicalResourceId": "r" if kind == "r" else ID,
            "ResourceStatus": names[kind],
            **({"ResourceStatusReason": "User Initiated"} if kind == "b" else {}),
        }
        for number, kind in enumerate(kinds)
    ]


@given(
    earlier=st.lists(st.sampled_from(["b", "r", "e"]), max_size=4).map(lambda k: [*k, "e"]),
    during=st.lists(st.just("r"), max_size=6),
    joins=st.booleans(),
    page=st.integers(1, 5),
    data=st.data(),
)
def test_each_event_of_the_operation_is_shown_once_in_order(
    earlier: list[str], during: list[str], joins: bool, page: int, data: st.DataObject
) -> None:
    """However late events appear, and whether the tool began the operation or joins it."""
    events = history(*earlier, "b", *during, "e")
    start = len(earlier)
    looks = sorted(data.draw(st.lists(st.integers(start + joins, len(events)), max_size=8)))
    client = Unfolding(events, looks if joins else [start, *looks], page)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        outcome = StackProgress(client, ID, said.append, joins=joins).wait()

    assert outcome.status == "UPDATE_COMPLETE"
    assert [line.split()[2] for line in said] == [
        event["LogicalResourceId"] for event in events[start:]
    ]


def test_waiting_has_an_end(
    stub: Stubber, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_progress, "_MOST_LOOKS", 2)
    for _ in range(2):
        events(stub, BEGUN)

    with pytest.raises(StillRunningError, match="run the same command again"):
        StackProgress(stub.client, ID, said.append, joins=True).wait()
