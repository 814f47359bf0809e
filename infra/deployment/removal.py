"""Deleting a deployment's stacks: look, show what goes and what stays, ask, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from infra.cloudformation.templates import ORDER, parse_template
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import CloudFormation
from infra.deployment.aws.stack_progress import Say
from infra.deployment.deployer import Confirm
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.plan.stacks import declared_parameters, stack_name
from infra.deployment.preflight import check_account

_PAGE = "docs/deploy.md, After a stack was deleted"
_STAYS = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class Doomed:
    """A stack that is to be deleted.

    :param goes: number of its resources that are deleted with it
    :param stays: its resources that outlive it, with their types
    """

    name: str
    stack_id: str
    status: str
    goes: int
    stays: tuple[str, ...]


class Remover:
    """Deletes the stacks of one deployment, the last one first. Needs the file's prefix alone.

    :param say: shows a line to the person
    :param confirm: asks the person, and says whether they agreed
    """

    def __init__(
        self, account: Account, deployment: Deployment, say: Say, confirm: Confirm
    ) -> None:
        self._account = account
        self._deployment = deployment
        self._say = say
        self._confirm = confirm
        self._stacks = CloudFormation(account.client("cloudformation"), say)

    def show(self) -> list[Doomed]:
        """Show which stacks would be deleted, and what of them stays.

        :raises InputError: if the credentials are another account's, or the prefix is none.
        """
        check_account(self._account, self._deployment)
        prefix = self._deployment.values.get("Prefix", "")
        declared_parameters()["Prefix"].check(prefix)
        found = [self._doomed(stack_name(prefix, name)) for name in reversed(ORDER)]
        doomed = [stack for stack in found if stack is not None]
        for stack in doomed:
            self._say(f"stack {stack.name} ({stack.status}): {stack.goes} resources are deleted")
            for resource in stack.stays:
                self._say(f"  stays: {resource}")
        if doomed:
            self._say(
                "Jobs under way end. Airflow's history of runs, what was set in its UI, its logs"
                " and the alarms are lost."
            )
        else:
            self._say(f"Nothing to delete: there is no stack {stack_name(prefix, '…')}.")
        return doomed

    def remove(self) -> bool:
        """Delete every stack, after asking.

        :returns: whether there is none left; False if the person did not agree
        :raises StackFailedError: if CloudFormation could not delete one.
        """
        doomed = self.show()
        if not doomed:
            return True
        where = f"account {self._deployment.account}, region {self._deployment.region}"
        if not self._confirm(f"Delete these {len(doomed)} stacks of {where}?"):
            return False
        for stack in doomed:
            self._remove(stack)
        if any(stack.stays for stack in doomed):
            self._say(f"Done. What stays, and what to do with it: {_PAGE}.")
        else:
            self._say("Done.")
        return True

    def _remove(self, stack: Doomed) -> None:
        found = self._stacks.settled(stack.stack_id)
        # A deletion that was under way: by its id, a deleted stack is still described.
        if found is not None and found["StackStatus"] != "DELETE_COMPLETE":
            if found.get("EnableTerminationProtection"):
                self._stacks.protect(stack.name, on=False)
            self._stacks.delete(stack.name, stack.stack_id)
        self._say(f"stack {stack.name}: deleted")

    def _doomed(self, name: str) -> Doomed | None:
        described = self._stacks.describe(name)
        if described is None or described["StackStatus"] == "DELETE_COMPLETE":
            return None
        stack_id = described["StackId"]
        kept = _kept(self._stacks.body(name))
        resources = self._stacks.resources(stack_id)
        stays = [item for item in resources if item["LogicalResourceId"] in kept]
        return Doomed(
            name=name,
            stack_id=stack_id,
            status=described["StackStatus"],
            goes=len(resources) - len(stays),
            stays=tuple(
                f"{item.get('PhysicalResourceId', item['LogicalResourceId'])}"
                f" ({item['ResourceType']})"
                for item in stays
            ),
        )


def _kept(body: str) -> set[str]:
    """Return the logical ids of what outlives its stack, by the template that is deployed."""
    try:
        resources: dict[str, Any] = parse_template(body).get("Resources", {})
    except yaml.YAMLError:
        return set()
    return {name for name, item in resources.items() if item.get("DeletionPolicy") in _STAYS}
