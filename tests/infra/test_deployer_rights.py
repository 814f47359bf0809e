"""The deployer's policies allow what the tool calls, and what CloudFormation calls for it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from infra.cloudformation.templates import load_templates
from infra.deployment.aws.account import Account
from tests.infra.granted import as_list
from tests.infra.test_calls_are_allowed import OTHER_NAMES
from tests.infra.world import Session, moto_account, prerequisites

REPOSITORY = Path(__file__).resolve().parents[2]
POLICIES = {
    path.stem: json.loads(path.read_text()) for path in (REPOSITORY / "infra/iam").glob("*.json")
}
TOOL, MADE_FOR_IT = "deployer-tool", sorted(POLICIES.keys() - {"deployer-tool"})
#: The services whose clients the tool makes, with IAM's name where it is another one.
SERVICES = {
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "ecr": "ecr",
    "lambda": "lambda",
    "logs": "logs",
    "s3": "s3",
    "s3control": "s3",
    "secretsmanager": "secretsmanager",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}
#: Actions that are not named like their operation, by service (service authorization reference).
NAMES = {
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    **OTHER_NAMES,
}
#: Operations that two of the services have, and whose one the tool calls.
CALLED_OF = {"describe_images": "ecr", "get_public_access_block": "s3control"}
#: No policy can deny it.
FREE = {"sts:GetCallerIdentity"}
#: What the tool needs beside its own calls: Lambda reads the zip as the deployer, and a stack with
#: tags is tagged as its change set is executed.
BESIDE = {"s3:GetObjectVersion", "cloudformation:TagResource"}


def statements(*names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        yield from POLICIES[name]["Statement"]


def actions(*names: str) -> set[str]:
    """Return the actions that policies allow, with their wildcards."""
    found: set[str] = set()
    for statement in statements(*names):
        found |= set(as_list(statement["Action"]))
    return found


def is_allowed(action: str, *names: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in actions(*names))


def action_of(service: str, operation: str) -> str:
    return NAMES.get(f"{service}:{operation}", f"{SERVICES[service]}:{operation}")


def known_operations() -> dict[str, dict[str, str]]:
    """Each operation as boto3 names it, with its action in each service that has it."""
    session = botocore.session.get_session()
    known: dict[str, dict[str, str]] = {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            name = xform_name(operation)
            known.setdefault(name, {})[service] = action_of(service, operation)
    return known


def called() -> set[str]:
    """Return the actions that the tool's sources name, as methods of clients or of paginators."""
    known = known_operations()
    found = set()
    for path in sorted((REPOSITORY / "infra/deployment").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "value", None)
            if isinstance(name, str) and (services := known.get(name)):
                [action] = [services[CALLED_OF[name]]] if name in CALLED_OF else services.values()
                found.add(action)
    return found


def test_the_tool_may_what_its_sources_call_and_nothing_else() -> None:
    assert actions(TOOL) - BESIDE == called() - FREE


# moto warns of each kind of resource that it does not make.
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_no_call_of_the_tool_is_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, deploy, change, decline and delete, with each call noted as boto3 makes it."""
    noted: set[str] = set()

    def note(model: Any, **event: Any) -> None:
        noted.add(action_of(model.service_model.service_name, model.name))

    with moto_account() as account:
        session = Session(account, prerequisites(account))
        made = Account.client

        def client(self: Account, service: str, region: str | None = None) -> Any:
            found = made(self, service, region)
            if service in SERVICES:
                found.meta.events.register("before-parameter-build", note, "note")
            return found

        monkeypatch.setattr(Account, "client", client)
        account.close()
        assert not session.deploy(no_to="emmaa-network", PublicRead="yes")
        assert session.deploy(PublicRead="yes")
        assert session.delete()

    assert "cloudformation:CreateChangeSet" in noted
    assert "servicequotas:GetServiceQuota" in noted
    # These two stand for executing change sets, which moto cannot.
    noted -= FREE | {"cloudformation:CreateStack", "cloudformation:UpdateStack"}
    assert noted <= called()
    assert {action for action in noted if not is_allowed(action, TOOL)} == set()


#: What CloudFormation's handlers may call for features that these templates do not use.
UNUSED = (
    "billing:*",
    "eks:*",
    "elasticfilesystem:*",
    "firehose:*",
    "kms:*",
    "s3files:*",
    "s3tables:*",
    "vpc-lattice:*",
    "vpce:*",
    "batch:SetCapacityTags",
    "ec2:*NatGatewayAddress",
    "ec2:*SubnetCidrBlock",
    "ec2:*VpnGateway",
    "ec2:AcceptAddressTransfer",
    "ec2:CreateVpcEncryptionControl",
    "ec2:ModifyVpcTenancy",
    "iam:*Group*",
    "iam:*PermissionsBoundary",
    "iam:*UserPolicy",
    "lambda:*CodeSigningConfig",
    "lambda:*ScalingConfig",
    "lambda:AssociateRuntimeAlias",
    "lambda:PassCapacityProvider",
    "lambda:PublishVersion",
    "logs:*BearerTokenAuthentication",
    "logs:*DataProtectionPolicy",
    "logs:*IndexPolicy",
    "logs:*KmsKey",
    "logs:CreateLogDelivery",
    "logs:PutLogGroupDeletionProtection",
    "s3:*Metadata*",
    "s3:DeleteBucket?*",
    "s3:Put*Acl",
    "s3:Put*Replication*",
    "s3:PutAccelerateConfiguration",
    "s3:PutAnalyticsConfiguration",
    "s3:PutBucketAbac",
    "s3:PutBucketCORS",
    "s3:PutBucketLogging",
    "s3:PutBucketWebsite",
    "s3:PutIntelligentTieringConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutMetricsConfiguration",
    "s3:PutObject*",
    "s3:PutBucketObjectLockConfiguration",
    "s3:REST.*",
    "sns:PutDataProtectionPolicy",
)


def handlers() -> Iterator[tuple[str, str, set[str]]]:
    """Each type of resource that is made, with CloudFormation's handlers and their actions."""
    kinds = {r["Type"] for template in load_templates() for r in template.resources.values()}
    for kind in sorted(kinds):
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        for name, handler in schema["handlers"].items():
            listed = {_spelt(action) for action in handler.get("permissions", ())}
            yield kind, name, listed


def _spelt(action: str) -> str:
    """Return an action as IAM spells it: some schemas begin a service, or a verb, otherwise."""
    service, _, verb = action.partition(":")
    return f"{service.lower()}:{verb.replace('UnTag', 'Untag')}"


def needed() -> set[str]:
    return {
        action
        for _, name, listed in handlers()
        for action in listed
        if name != "list" and not any(fnmatchcase(action, pattern) for pattern in UNUSED)
    }


def test_the_deployer_may_what_cloudformation_does_for_it() -> None:
    assert len(needed()) > 150
    missing = {action for action in needed() if not is_allowed(action, *POLICIES)}

    assert not missing


def test_the_deployer_may_nothing_that_neither_calls() -> None:
    everything = {action for _, _, listed in handlers() for action in listed}
    superfluous = {
        pattern
        for pattern in actions(*MADE_FOR_IT)
        if not any(fnmatchcase(action, pattern) for action in everything)
    }

    assert not superfluous


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_iam_takes_the_policy(name: str) -> None:
    text = json.dumps(POLICIES[name], separators=(",", ":"))
    sids = [statement["Sid"] for statement in POLICIES[name]["Statement"]]

    assert len(text) <= 6144, "the most that a managed policy may have, without white space"
    assert len(set(sids)) == len(sids)


def test_roles_buckets_and_stacks_of_others_are_out_of_reach() -> None:
    for statement in statements(*POLICIES):
        resources, listed = as_list(statement["Resource"]), as_list(statement["Action"])
        changes = [
            action
            for action in listed
            if action.split(":")[0] in ("iam", "s3", "cloudformation", "lambda", "batch")
            and not action.split(":")[1].startswith(("Get", "List", "Describe"))
        ]
        if changes:
            assert all("emmaa" in r or "aws-service-role" in r for r in resources), changes
        if "iam:PassRole" in changes:
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"]


def test_the_deployer_cannot_widen_their_own_rights() -> None:
    """The policies are named as docs/deploy.md says, by their files' names."""
    reachable = [
        resource
        for statement in statements(*POLICIES)
        if any(action.startswith("iam:") for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
        if resource != "*"
    ]
    page = (REPOSITORY / "docs/deploy.md").read_text()

    assert "--policy-name $name --policy-document file://infra/iam/$name.json" in page
    for name in POLICIES:
        assert name in page
        arn = f"arn:aws:iam::123456789012:policy/{name}"
        assert not [pattern for pattern in reachable if fnmatchcase(arn, pattern)]
