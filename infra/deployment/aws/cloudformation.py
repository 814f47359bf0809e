"""CloudFormation, as far as the tool uses it: look at a stack, and change it by change sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.deployment.aws.stack_progress import Say, StackProgress
from infra.deployment.plan.stacks import Stack

_NEW = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
#: It holds what was there before the update that failed, and takes no other update.
_STUCK = "UPDATE_ROLLBACK_FAILED"
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_PROJECT = {"Key": "project", "Value": "emmaa"}


class StackFailedError(RuntimeError):
    """A stack could not be changed; the message has CloudFormation's reasons."""


@dataclass(frozen=True)
class Deployed:
    """A stack that is there.

    :param body: its template's text
    :param protected: whether it has termination protection
    """

    status: str
    body: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    protected: bool = True


@dataclass(frozen=True)
class Change:
    """The change of one resource in a change set.

    :param action: ``Add``, ``Modify`` or ``Remove``
    :param replaces: whether a new resource replaces the old one
    """

    action: str
    logical_id: str
    kind: str
    replaces: bool


@dataclass(frozen=True)
class ChangeSet:
    """A change set that is ready to be executed."""

    arn: str
    stack: Stack
    creates: bool
    changes: tuple[Change, ...]
    stack_id: str


class CloudFormation:
    """The stacks of one account and region.

    :param client: a boto3 CloudFormation client
    :param say: shows a line to the person
    """

    def __init__(self, client: Any, say: Say = print) -> None:
        self._client = client
        self._say = say

    def deployed(self, name: str) -> Deployed | None:
        """Return the stack as it is, or None if there is none.

        One that is being changed, for example by a run of the tool that lost its credentials, is
        waited for.

        :raises StackFailedError: if the stack is broken.
        """
        found = self.settled(name)
        if found is None or found["StackStatus"] in _NEW:
            return None
        status = found["StackStatus"]
        if status in _BROKEN:
            raise StackFailedError(
                f"stack {name} is in {status}: look at its events, delete it with aws"
                f" cloudformation delete-stack --stack-name {name}, then deploy again"
            )
        if status == _STUCK:
            raise StackFailedError(
                f"stack {name} is in {status}: remove the cause that its events name, let it go on"
                f" with aws cloudformation continue-update-rollback --stack-name {name}, then"
                " deploy again"
            )
        return Deployed(
            status=status,
            body=self.body(name),
            parameters={
                item["ParameterKey"]: item.get("ParameterValue", "")
                for item in found.get("Parameters", [])
            },
            outputs={item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])},
            protected=bool(found.get("EnableTerminationProtection", False)),
        )

    def settled(self, name: str) -> dict[str, Any] | None:
        """Return CloudFormation's description of a stack, after any operation that is under way.

        :returns: None if there is no stack
        """
        found = self.describe(name)
        if found is None or not _is_changing(found):
            return found
        self._say(f"stack {name} is in {found['StackStatus']}: waiting for the end of that")
        StackProgress(self._client, found["StackId"], self._say, joins=True).wait()
        return self.describe(name)

    def prepare(self, stack: Stack, *, creates: bool) -> ChangeSet | None:
        """Make the change set that brings a stack to what it is to be; None if nothing differs.

        :raises StackFailedError: if CloudFormation refuses the template or its parameters.
        """
        made = self._client.create_change_set(
            StackName=stack.name,
            ChangeSetName=f"emmaa-{datetime.now(UTC):%Y%m%d-%H%M%S}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            TemplateBody=stack.template.body,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in stack.parameters.items()
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[_PROJECT, {"Key": "deployment", "Value": stack.parameters["Prefix"] + "emmaa"}],
        )
        arn = made["Id"]
        if not self._is_ready(arn, stack):
            self._client.delete_change_set(ChangeSetName=arn)
            return None
        return ChangeSet(arn, stack, creates, tuple(self._changes(arn)), made["StackId"])

    def execute(self, change_set: ChangeSet) -> None:
        """Execute a change set and wait for its end.

        :raises StackFailedError: with the reasons of the resources that failed.
        """
        name = change_set.stack.name
        progress = StackProgress(self._client, change_set.stack_id, self._say)
        self._client.execute_change_set(ChangeSetName=change_set.arn)
        outcome = progress.wait()
        if outcome.status != ("CREATE_COMPLETE" if change_set.creates else "UPDATE_COMPLETE"):
            reasons = "\n".join(outcome.failures)
            raise StackFailedError(f"stack {name} failed:\n{reasons}")

    def protect(self, name: str, *, on: bool = True) -> None:
        """Turn a stack's termination protection on, or off."""
        self._client.update_termination_protection(StackName=name, EnableTerminationProtection=on)

    def delete(self, name: str, stack_id: str) -> None:
        """Delete a stack and wait for its end.

        :raises StackFailedError: with the reasons of the resources that could not be deleted.
        """
        progress = StackProgress(self._client, stack_id, self._say)
        self._client.delete_stack(StackName=stack_id)
        outcome = progress.wait()
        if outcome.status != "DELETE_COMPLETE":
            reasons = "\n".join(outcome.failures)
            raise StackFailedError(
                f"stack {name} could not be deleted:\n{reasons}\n"
                "Remove the cause and run the same command again: it goes on there"
            )

    def resources(self, stack_id: str) -> list[dict[str, Any]]:
        """Return the resources that a stack has, as CloudFormation lists them."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        found = [item for page in pages for item in page["StackResourceSummaries"]]
        return [item for item in found if item["ResourceStatus"] != "DELETE_COMPLETE"]

    def body(self, name: str) -> str:
        """Return the text of a stack's template."""
        body = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def discard(self, change_set: ChangeSet) -> None:
        """Remove a change set that nobody wants executed."""
        self._client.delete_change_set(ChangeSetName=change_set.arn)

    def describe(self, name: str) -> dict[str, Any] | None:
        """Return CloudFormation's description of a stack; None if there is no such stack."""
        try:
            stacks = self._client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            return None  # This is how CloudFormation says that there is none.
        return stacks[0] if stacks else None

    def _is_ready(self, arn: str, stack: Stack) -> bool:
        try:
            self._client.get_waiter("change_set_create_complete").wait(
                ChangeSetName=arn, WaiterConfig={"Delay": 3, "MaxAttempts": 200}
            )
        except WaiterError as error:
            reason = self._client.describe_change_set(ChangeSetName=arn).get("StatusReason", "")
            if any(text in reason for text in _NOTHING):
                return False
            self._client.delete_change_set(ChangeSetName=arn)
            raise StackFailedError(f"stack {stack.name} was refused: {reason}") from error
        return True

    def _changes(self, arn: str) -> list[Change]:
        found: list[Change] = []
        query: dict[str, Any] = {"ChangeSetName": arn}
        while True:
            page = self._client.describe_change_set(**query)
            found += [_change(item["ResourceChange"]) for item in page.get("Changes", [])]
            if not page.get("NextToken"):
                return found
            query["NextToken"] = page["NextToken"]


def _is_changing(described: dict[str, Any]) -> bool:
    status = described["StackStatus"]
    return bool(status.endswith("_IN_PROGRESS") and status not in _NEW)


def _change(described: dict[str, Any]) -> Change:
    return Change(
        action=described["Action"],
        logical_id=described["LogicalResourceId"],
        kind=described["ResourceType"],
        replaces=described.get("Replacement") == "True",
    )
