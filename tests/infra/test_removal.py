"""Deleting a deployment: what is shown, asked and left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from infra.cloudformation.templates import ORDER
from infra.deployment.aws.cloudformation import StackFailedError
from infra.deployment.removal import Remover
from tests.infra.stubbed import StubbedAccount
from tests.infra.world import (
    ACCOUNT,
    PROTECTED,
    Session,
    deployment,
    moto_account,
    prerequisites,
)

# moto warns of each kind of resource that it does not make.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
NAMES = [f"emmaa-{name}" for name in reversed(ORDER)]


@pytest.fixture
def session() -> Iterator[Session]:
    with moto_account() as account:
        yield Session(account, prerequisites(account))


def test_all_stacks_are_deleted_the_last_one_first(session: Session) -> None:
    session.deploy()
    session.deploy(Prefix="dev-", ArtifactBucketName="test-dev-artifacts")
    assert {*NAMES, *(f"dev-{name}" for name in NAMES)} == PROTECTED
    assert session.delete()

    assert [line.split(":")[0] for line in session.said if line.endswith(": deleted")] == [
        f"stack {name}" for name in NAMES
    ]
    assert session.asked == ["Delete these 8 stacks of account 123456789012, region us-east-1?"]
    assert set(session.statuses()) == {f"dev-{name}" for name in NAMES}
    assert {f"dev-{name}" for name in NAMES} == PROTECTED, "the other deployment's are not ours"
    for kept in (
        "test-artifacts (AWS::S3::Bucket)",
        "emmaa (AWS::S3::Bucket)",
        "emmaa-notifications (AWS::S3::Bucket)",
        "emmaa-jobs (AWS::Logs::LogGroup)",
    ):
        assert f"  stays: {kept}" in session.said
    assert session.delete()
    assert session.said == ["Nothing to delete: there is no stack emmaa-…."]


def test_a_file_that_could_not_be_deployed_can_be_deleted_after_a_yes(session: Session) -> None:
    """Only the prefix counts: its secret or image may be gone."""
    session.deploy()
    assert not session.delete(no_to="Delete")
    assert len(session.statuses()) == len(PROTECTED) == len(ORDER)

    assert session.delete(JobImage="gone", MailSource="nobody")
    assert session.statuses() == {}


@pytest.mark.parametrize("prefix", ["*", "Dev-", "dev"])
def test_a_prefix_that_is_none_is_refused(session: Session, prefix: str) -> None:
    with pytest.raises(InputError, match="parameter Prefix"):
        session.delete(Prefix=prefix)


def test_another_account_s_stacks_are_left_alone(session: Session) -> None:
    other = deployment().model_copy(update={"account": "999999999999"})

    with pytest.raises(InputError, match="the deployment is for 999999999999"):
        Remover(session.account, other, print, lambda question: True).remove()


class OneStack:
    """An account with one stack, whose operations a test writes."""

    def __init__(self, account: StubbedAccount) -> None:
        self.account = account
        self.said: list[str] = []
        self.count = 0
        self.id = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/emmaa-network/1"

    def remover(self) -> Remover:
        return Remover(self.account, deployment(), self.said.append, lambda question: True)

    def found(self, status: str) -> dict[str, Any]:
        now = datetime(2026, 3, 1, tzinfo=UTC)
        stack = {"StackName": "emmaa-network", "StackId": self.id, "CreationTime": now}
        # As the tool makes them: protected once they are complete.
        protected = status.endswith("_COMPLETE") and status != "ROLLBACK_COMPLETE"
        described = {"StackStatus": status, "EnableTerminationProtection": protected}
        return {"Stacks": [{**stack, **described}]}

    def is_shown(self, status: str) -> None:
        self.account.answer("sts", "get_caller_identity", {"Account": ACCOUNT})
        for name in reversed(ORDER):
            if name != "network":
                self.account.refuse("cloudformation", "describe_stacks", "ValidationError")
                continue
            self.account.answer("cloudformation", "describe_stacks", self.found(status))
            self.account.answer("cloudformation", "get_template", {"TemplateBody": "{}"})
            listed: dict[str, Any] = {"StackResourceSummaries": []}
            self.account.answer("cloudformation", "list_stack_resources", listed)

    def events(self, *statuses: str) -> None:
        found = [
            {
                "StackId": self.id,
                "StackName": "emmaa-network",
                "EventId": f"{self.count + number}",
                "Timestamp": datetime(2026, 3, 1, tzinfo=UTC),
                "LogicalResourceId": "Vpc" if status.startswith("Vpc ") else "emmaa-network",
                "PhysicalResourceId": "vpc-1" if status.startswith("Vpc ") else self.id,
                "ResourceStatus": status.removeprefix("Vpc "),
                "ResourceStatusReason": "has dependencies",
            }
            for number, status in enumerate(statuses)
        ]
        self.account.answer("cloudformation", "describe_stack_events", {"StackEvents": found[::-1]})

    def is_deleted(self, *statuses: str) -> None:
        self.events("CREATE_COMPLETE")
        self.account.answer("cloudformation", "delete_stack", {}, StackName=self.id)
        self.events("CREATE_COMPLETE", *statuses)

    def is_unprotected(self) -> None:
        self.account.answer(
            "cloudformation",
            "update_termination_protection",
            {"StackId": self.id},
            StackName="emmaa-network",
            EnableTerminationProtection=False,
        )


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Iterator[OneStack]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with StubbedAccount() as account:
        yield OneStack(account)


@pytest.mark.parametrize(
    "status",
    [
        "CREATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "DELETE_FAILED",
        "REVIEW_IN_PROGRESS",
    ],
)
def test_protection_is_taken_off_where_it_is_on_and_the_stack_deleted(
    one: OneStack, status: str
) -> None:
    one.is_shown(status)
    found = one.found(status)
    one.account.answer("cloudformation", "describe_stacks", found)
    if found["Stacks"][0]["EnableTerminationProtection"]:
        one.is_unprotected()
    one.is_deleted("DELETE_IN_PROGRESS", "DELETE_COMPLETE")

    assert one.remover().remove()
    assert one.said[-1] == "Done."


def test_what_is_under_way_ends_first(one: OneStack) -> None:
    one.is_shown("CREATE_IN_PROGRESS")
    one.account.answer("cloudformation", "describe_stacks", one.found("CREATE_IN_PROGRESS"))
    one.events("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    one.account.answer("cloudformation", "describe_stacks", one.found("CREATE_COMPLETE"))
    one.is_unprotected()
    one.is_deleted("DELETE_IN_PROGRESS", "DELETE_COMPLETE")

    assert one.remover().remove()


def test_a_deletion_that_was_under_way_is_waited_for(one: OneStack) -> None:
    """As after expired credentials."""
    one.is_shown("DELETE_IN_PROGRESS")
    one.account.answer("cloudformation", "describe_stacks", one.found("DELETE_IN_PROGRESS"))
    one.events("DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    one.account.answer("cloudformation", "describe_stacks", one.found("DELETE_COMPLETE"))

    assert one.remover().remove()
    assert one.said[-2:] == ["stack emmaa-network: deleted", "Done."]


def test_what_cannot_be_deleted_is_named(one: OneStack) -> None:
    one.is_shown("CREATE_COMPLETE")
    one.account.answer("cloudformation", "describe_stacks", one.found("CREATE_COMPLETE"))
    one.is_unprotected()
    one.is_deleted("DELETE_IN_PROGRESS", "Vpc DELETE_FAILED", "DELETE_FAILED")

    with pytest.raises(StackFailedError) as failed:
        one.remover().remove()
    reported = str(failed.value)
    assert "stack emmaa-network could not be deleted" in reported
    assert "  Vpc: has dependencies" in reported
    assert "run the same command again" in reported


def test_a_plan_of_the_deletion_changes_nothing(one: OneStack) -> None:
    one.is_shown("UPDATE_IN_PROGRESS")

    assert [stack.name for stack in one.remover().show()] == ["emmaa-network"]
    assert one.said[0] == "stack emmaa-network (UPDATE_IN_PROGRESS): 0 resources are deleted"
