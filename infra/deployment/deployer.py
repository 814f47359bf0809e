"""Bringing an account to what a deployment's file says: look, show, ask, change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from emmaa_cycle.settings_sections import Mail, Uploads
from infra.cloudformation.templates import ORDER
from infra.deployment.account_checks.zones import chosen_zones
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import ChangeSet, CloudFormation, Deployed
from infra.deployment.aws.upload import ArtifactBucket
from infra.deployment.difference import difference
from infra.deployment.plan.artifacts import UNKNOWN, Artifact, build_artifacts
from infra.deployment.plan.cross_checks import check_together
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.plan.settings_text import deployment_settings
from infra.deployment.plan.stacks import Stack, deployment_stacks, parameter_values, stack_name
from infra.deployment.preflight import check_account, check_what_must_exist
from infra.mwaa.versions import LISTED_AT

Say = Callable[[str], None]
Confirm = Callable[[str], bool]


@dataclass(frozen=True)
class Plan:
    """The requests of a deployment's file, known without an account.

    :param values: every parameter that is not the tool's to set
    """

    deployment: Deployment
    values: dict[str, str]
    artifacts: tuple[Artifact, ...]

    def stack_name(self, template: str) -> str:
        """Return the name of the stack of a template."""
        return stack_name(self.values["Prefix"], template)

    def stacks(self, versions: dict[str, str]) -> tuple[Stack, ...]:
        """Return the stacks.

        :param versions: the S3 version of each artifact that is uploaded, by key
        """
        found = _artifact_parameters(self.artifacts, versions)
        return deployment_stacks({**self.values, **_job_settings(self.deployment), **found})

    @classmethod
    def of(cls, deployment: Deployment) -> Plan:
        """Check everything that can be checked without an account, and build the artifacts.

        :raises InputError: naming each parameter or setting that cannot be used.
        """
        values = parameter_values(deployment)
        check_together(deployment, values)
        settings = deployment_settings(deployment, values)
        plan = cls(deployment, values, build_artifacts(values["AirflowVersion"], settings))
        plan.stacks({})
        return plan


class Deployer:
    """Deploys one plan.

    :param say: shows a line to the person
    :param confirm: asks the person, and says whether they agreed
    """

    def __init__(self, account: Account, plan: Plan, say: Say, confirm: Confirm) -> None:
        self._account = account
        self._plan = plan
        self._say = say
        self._confirm = confirm
        self._stacks = CloudFormation(account.client("cloudformation"), say)
        self._bucket = ArtifactBucket(account.client("s3"), plan.values["ArtifactBucketName"])

    def deploy(self) -> bool:
        """Deploy what differs.

        :returns: whether all is as the plan says now; False if the person did not agree
        :raises InputError: before anything is changed, if something that must exist does not.
        :raises StackFailedError: if CloudFormation could not do it.
        """
        check_account(self._account, self._plan.deployment)
        there = {name: self._stacks.deployed(self._plan.stack_name(name)) for name in ORDER}
        owner = self._plan.deployment.account
        zones = chosen_zones(self._account, self._plan.values, there["network"])
        self._plan = replace(self._plan, values={**self._plan.values, **zones})
        check_what_must_exist(self._account, owner, self._plan.values, there)
        versions = self._bucket.versions(self._plan.artifacts)
        stacks = self._plan.stacks(versions)
        deployed = {stack.name: there[stack.template.name] for stack in stacks}
        differing = [stack for stack in stacks if self._show(stack, deployed[stack.name])]
        uploads = [item for item in self._plan.artifacts if item.key not in versions]
        removals = self._bucket.superfluous(self._plan.artifacts)
        self._show_files(uploads, removals)
        if not differing and not uploads and not removals:
            self._say("Nothing to do: the account matches the deployment file.")
            return True
        if not self._confirm("Go on?"):
            return False
        return self._change(versions, uploads, removals, deployed)

    def _show(self, stack: Stack, deployed: Deployed | None) -> bool:
        """Show how a stack differs, if it does."""
        lines = difference(stack, deployed)
        if deployed is not None and not deployed.protected:
            lines.append("+ termination protection")
        if deployed is None:
            self._say(f"stack {stack.name}: new")
        elif lines:
            self._say(f"stack {stack.name}: differs")
        for line in lines:
            self._say(f"  {line}")
        if any(line.startswith("+ AirflowVersion") for line in lines):
            self._say(f"  (MWAA's versions of Airflow: {LISTED_AT})")
        return deployed is None or bool(lines)

    def _show_files(self, uploads: list[Artifact], removals: list[str]) -> None:
        for artifact in uploads:
            self._say(f"upload {artifact.key} ({len(artifact.content):,} bytes)")
        for key in removals:
            self._say(f"remove {key}")

    def _change(
        self,
        versions: dict[str, str],
        uploads: list[Artifact],
        removals: list[str],
        deployed: dict[str, Deployed | None],
    ) -> bool:
        """Change stack by stack; the files go up as soon as there is a bucket for them.

        A running Airflow reads new DAGs at once and new plugins only when its environment was
        updated, which takes long: the DAGs of an update wait for that.
        """
        runs = deployed[self._plan.stack_name("airflow")] is not None
        late = [item for item in uploads if runs and item.is_dag]
        for position in range(len(deployed)):
            stack = self._plan.stacks(versions)[position]
            if not self._change_stack(stack, deployed[stack.name]):
                self._say("Stopped: what was done so far stays.")
                return False
            if stack.template.name == "artifacts":
                early = [item for item in uploads if item not in late]
                versions = versions | {item.key: self._bucket.upload(item) for item in early}
        for item in late:
            self._bucket.upload(item)
        for key in removals:
            self._bucket.remove(key)
        self._say("Done.")
        return True

    def _change_stack(self, stack: Stack, deployed: Deployed | None) -> bool:
        if deployed is not None and not difference(stack, deployed):
            self._protect(stack, deployed)
            return True
        change_set = self._stacks.prepare(stack, creates=deployed is None)
        if change_set is None:
            self._say(f"stack {stack.name}: no resource changes")
            self._protect(stack, deployed)
            return True
        self._show_changes(change_set)
        if not self._confirm(f"Change {stack.name}?"):
            self._stacks.discard(change_set)
            return False
        self._stacks.execute(change_set)
        self._protect(stack, deployed)
        self._say(f"stack {stack.name}: done")
        return True

    def _protect(self, stack: Stack, deployed: Deployed | None) -> None:
        """Turn on termination protection: a stack that failed before it is complete has none."""
        if deployed is None or not deployed.protected:
            self._stacks.protect(stack.name)

    def _show_changes(self, change_set: ChangeSet) -> None:
        self._say(f"stack {change_set.stack.name}: change set")
        for change in change_set.changes:
            new = ", REPLACED by a new one" if change.replaces else ""
            self._say(f"  {change.action} {change.logical_id} ({change.kind}){new}")


def _job_settings(deployment: Deployment) -> dict[str, str]:
    """Return the parameters that follow from settings, but for those that Airflow alone reads."""
    tables = {
        "LinksSettings": "links",
        "StatisticsSettings": "statistics",
        "TwitterSettings": "twitter",
    }
    launcher = deployment.settings.get("launcher", {})
    uploads = deployment.settings.get("uploads", {})
    return {
        "JobImageKind": launcher.get("image", "own"),
        "MailForm": deployment.settings.get("mail", {}).get("form", Mail().form),
        "UploadTrigger": uploads.get("trigger", Uploads().trigger),
        "UploadKeyDays": f"{uploads.get('key_days', Uploads().key_days):f}".rstrip("0").rstrip("."),
        **{
            parameter: json.dumps(deployment.settings.get(table, {}), sort_keys=True)
            for parameter, table in tables.items()
        },
    }


def _artifact_parameters(
    artifacts: tuple[Artifact, ...], versions: dict[str, str]
) -> dict[str, str]:
    """Return the parameters that say where the artifacts are.

    :param versions: the S3 version of each key that is there
    """
    found: dict[str, str] = {}
    for artifact in artifacts:
        if artifact.parameter is not None:
            found[artifact.parameter] = artifact.key
            version = artifact.parameter.replace("Key", "Version")
            found[version] = versions.get(artifact.key, UNKNOWN)
    return found
