"""CloudFormation, as far as the tool uses it: look at a stack, and change it by change sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.deployment.stacks import Stack

_NEW = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
#: It holds what was there before the update that failed, and takes no other update.
_STUCK = "UPDATE_ROLLBACK_FAILED"
_NOTHING = ("didn't contain changes", "No updates are to be performed")
#: Three hours: an MWAA environment takes long to make, and longer to update.
_WAIT = {"Delay": 10, "MaxAttempts": 1080}
_TAG = {"Key": "project", "Value": "emmaa"}


class StackFailedError(RuntimeError):
    """A stack could not be changed; the message has CloudFormation's reasons."""


@dataclass(frozen=True)
class Deployed:
    """A stack that is there.

    :param body: its template's text
    """

    status: str
    body: str
    parameters: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class Change:
    """What a change set would do with one resource.

    :param action: ``Add``, ``Modify`` or ``Remove``
    :param replaces: whether the resource is made anew and the old one removed
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


class CloudFormation:
    """The stacks of one account and region.

    :param client: a boto3 CloudFormation client
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def deployed(self, name: str) -> Deployed | None:
        """The stack as it is, or None if there is none.

        :raises StackFailedError: if the stack is broken, or is being changed by someone else.
        """
        found = self._describe(name)
        if found is None or found["StackStatus"] in _NEW:
            return None
        status = found["StackStatus"]
        if status in _BROKEN:
            raise StackFailedError(
                f"stack {name} is in {status}: look at its events, delete it, then deploy again"
            )
        if status == _STUCK:
            raise StackFailedError(
                f"stack {name} is in {status}: remove the cause that its events name, let it go on"
                f" with aws cloudformation continue-update-rollback --stack-name {name}, then"
                " deploy again"
            )
        if status.endswith("_IN_PROGRESS"):
            raise StackFailedError(f"stack {name} is in {status}: wait until that is through")
        return Deployed(
            status=status,
            body=self._body(name),
            parameters={
                item["ParameterKey"]: item.get("ParameterValue", "")
                for item in found.get("Parameters", [])
            },
            outputs={item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])},
        )

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
            Tags=[_TAG],
        )
        arn = made["Id"]
        if not self._is_ready(arn, stack):
            self._client.delete_change_set(ChangeSetName=arn)
            return None
        return ChangeSet(arn, stack, creates, tuple(self._changes(arn)))

    def execute(self, change_set: ChangeSet) -> None:
        """Execute a change set and wait for its end.

        :raises StackFailedError: with the reasons of the resources that failed.
        """
        name = change_set.stack.name
        self._client.execute_change_set(ChangeSetName=change_set.arn)
        kind = "stack_create_complete" if change_set.creates else "stack_update_complete"
        try:
            self._client.get_waiter(kind).wait(StackName=name, WaiterConfig=_WAIT)
        except WaiterError as error:
            reasons = "\n".join(self._failures(name))
            raise StackFailedError(f"stack {name} failed:\n{reasons}") from error

    def discard(self, change_set: ChangeSet) -> None:
        """Remove a change set that nobody wants executed."""
        self._client.delete_change_set(ChangeSetName=change_set.arn)

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            stacks = self._client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            return None  # This is how CloudFormation says that there is none.
        return stacks[0] if stacks else None

    def _body(self, name: str) -> str:
        body = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

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

    def _failures(self, name: str) -> list[str]:
        """Why the last operation failed: its failed resources, the first one first."""
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        failed = []
        for event in events:  # newest first
            if event["ResourceStatus"].endswith("_FAILED"):
                reason = event.get("ResourceStatusReason", "no reason given")
                failed.append(f"  {event['LogicalResourceId']}: {reason}")
            if event.get("ResourceStatusReason") == "User Initiated":
                break
        return failed[::-1] or ["  see the stack's events"]


def _change(described: dict[str, Any]) -> Change:
    return Change(
        action=described["Action"],
        logical_id=described["LogicalResourceId"],
        kind=described["ResourceType"],
        replaces=described.get("Replacement") == "True",
    )
