"""A deployment's file for tests, and moto's account with what must exist before a deployment."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.ses.models import ses_backends

from infra.cloudformation.templates import Template, load_templates
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import ChangeSet, CloudFormation, Deployed
from infra.deployment.deployer import Deployer, Plan
from infra.deployment.plan import stacks
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.removal import Remover

ACCOUNT = "123456789012"
REGION = "us-east-1"
DIGEST = "sha256:" + "0" * 64
_OK = AWSResponse("", 200, {}, None)
#: Names of stacks with termination protection, which moto does not know.
PROTECTED: set[str] = set()
_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:emmaa"

PARAMETERS: dict[str, Any] = {
    "ArtifactBucketName": "test-artifacts",
    "JobImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/emmaa-jobs@{DIGEST}",
    "PrimaryDatabaseSecretArn": f"{_SECRET}/primary-AbCdEf",
    "StatementDatabaseSecretArn": f"{_SECRET}/statements-AbCdEf",
    "MailSignSecretArn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/emmaa/mail-sign",
    "MailIdentityArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.org",
    "MailSource": "emmaa@example.org",
}


def deployment(settings: dict[str, Any] | None = None, **parameters: Any) -> Deployment:
    """Return a deployment that can be used, but for what a test gives."""
    return Deployment(
        account=ACCOUNT,
        region=REGION,
        parameters={**PARAMETERS, **parameters},
        settings=settings or {},
    )


@contextmanager
def moto_account() -> Iterator[Account]:
    """Return an empty account."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setattr(stacks, "load_templates", _templates_for_moto)
        patch.setattr(CloudFormation, "execute", _execute)
        patch.setattr(CloudFormation, "settled", _settled(CloudFormation.settled))
        patch.setattr(CloudFormation, "deployed", _deployed(CloudFormation.deployed))
        patch.setattr(Account, "client", _client(Account.client))
        PROTECTED.clear()
        with Account(REGION) as account:
            yield account


def _remember_protection(params: dict[str, Any], **event: Any) -> None:
    change = PROTECTED.add if params["EnableTerminationProtection"] else PROTECTED.discard
    change(params["StackName"])


def _offer_all(**call: Any) -> Any:
    """Offer the default instance types in every zone; moto takes no pattern."""
    families = parameter_default("InstanceTypes").split(",")
    offered = [
        {"InstanceType": f"{family}.4xlarge", "Location": f"{REGION}{letter}"}
        for family in families
        for letter in "abcdf"
    ]
    return _OK, {"InstanceTypeOfferings": offered}


def parameter_default(name: str) -> str:
    default = stacks.declared_parameters()[name].default
    assert default is not None
    return default


def _client(real: Any) -> Any:
    """Clients that answer themselves what moto does not know."""
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}

    def quota(**call: Any) -> Any:
        return _OK, {"AccountLimit": limits}

    def client(self: Account, service: str, region: str | None = None) -> Any:
        made = real(self, service, region)
        protection = "before-parameter-build.cloudformation.UpdateTerminationProtection"
        made.meta.events.register(protection, _remember_protection, "protection")
        protection = "before-call.cloudformation.UpdateTerminationProtection"
        made.meta.events.register(protection, lambda **_: (_OK, {"StackId": "s"}), "answer")
        offerings = "before-call.ec2.DescribeInstanceTypeOfferings"
        made.meta.events.register(offerings, _offer_all, "offerings")
        made.meta.events.register("before-call.lambda.GetAccountSettings", quota, "quota")
        return made

    return client


@dataclass
class Session:
    """One account, and what was said and asked in it."""

    account: Account
    parameters: dict[str, Any]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def deploy(
        self, settings: dict[str, Any] | None = None, no_to: str = "nothing", **changed: Any
    ) -> bool:
        self.said, self.asked = [], []
        plan = Plan.of(deployment(settings, **{**self.parameters, **changed}))
        return Deployer(self.account, plan, self.said.append, self._answer(no_to)).deploy()

    def delete(self, no_to: str = "nothing", **changed: Any) -> bool:
        self.said, self.asked = [], []
        file = deployment(**{**self.parameters, **changed})
        return Remover(self.account, file, self.said.append, self._answer(no_to)).remove()

    def _answer(self, no_to: str) -> Any:
        def answer(question: str) -> bool:
            self.asked.append(question)
            return no_to not in question

        return answer

    def statuses(self) -> dict[str, str]:
        found = self.account.client("cloudformation").list_stacks()["StackSummaries"]
        alive = [stack for stack in found if stack["StackStatus"] != "DELETE_COMPLETE"]
        return {stack["StackName"]: stack["StackStatus"] for stack in alive}


def prerequisites(account: Account) -> dict[str, Any]:
    """Make what must exist before a deployment; the parameters that name it."""
    secrets = account.client("secretsmanager")
    primary = secrets.create_secret(Name="emmaa/primary", SecretString="url")
    statements = secrets.create_secret(Name="emmaa/statements", SecretString="url")
    account.client("ssm").put_parameter(Name="/emmaa/mail-sign", Value="key", Type="SecureString")
    account.client("sesv2").create_email_identity(EmailIdentity="example.org")
    identities = ses_backends[ACCOUNT][REGION].email_identities
    identities["example.org"].verified_for_sending_status = True
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    _way_out(account, subnets[0])
    return {
        "PrimaryDatabaseSecretArn": primary["ARN"],
        "StatementDatabaseSecretArn": statements["ARN"],
        "JobImage": PARAMETERS["JobImage"].partition("@")[0] + "@" + _image(account),
        # moto cannot make a VPC by template: it does not know Fn::Cidr.
        "VpcId": subnets[0]["VpcId"],
        "PrivateSubnetIds": [subnets[0]["SubnetId"], subnets[1]["SubnetId"]],
    }


def _way_out(account: Account, subnet: dict[str, Any]) -> None:
    """Let the default VPC's main route table lead to a NAT gateway."""
    ec2 = account.client("ec2")
    nat = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], ConnectivityType="private")
    [main] = ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [subnet["VpcId"]]},
            {"Name": "association.main", "Values": ["true"]},
        ]
    )["RouteTables"]
    ec2.create_route(
        RouteTableId=main["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=nat["NatGateway"]["NatGatewayId"],
    )


def _image(account: Account) -> str:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    config = {"digest": DIGEST, "size": 1, "mediaType": "application/json"}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="emmaa-jobs")
    pushed = ecr.put_image(
        repositoryName="emmaa-jobs", imageManifest=json.dumps(manifest), imageTag="test"
    )
    digest: str = pushed["image"]["imageId"]["imageDigest"]
    return digest


def _templates_for_moto() -> tuple[Template, ...]:
    """Return the templates without what moto answers with 500: service role, MWAA's address."""
    changed = []
    for template in load_templates():
        document = copy.deepcopy(template.document)
        for resource in document["Resources"].values():
            if resource["Type"] == "AWS::Batch::ComputeEnvironment":
                role = {"Fn::ImportValue": {"Fn::Sub": "${Prefix}emmaa-airflow-role"}}
                resource["Properties"]["ServiceRole"] = role
        document["Outputs"].pop("WebserverUrl", None)
        changed.append(Template(template.name, json.dumps(document), document))
    return tuple(changed)


def _execute(self: CloudFormation, change_set: ChangeSet) -> None:
    """Change the stack. moto's change sets know neither imports nor exports."""
    client, stack = self._client, change_set.stack
    wanted: dict[str, Any] = {
        "StackName": stack.name,
        "TemplateBody": stack.template.body,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in stack.parameters.items()
        ],
    }
    if change_set.creates:
        client.delete_stack(StackName=stack.name)
        client.create_stack(**wanted)
    else:
        client.update_stack(**wanted)
    if stack.template.name == "artifacts":  # moto drops the bucket's versioning
        boto3.client("s3", region_name=REGION).put_bucket_versioning(
            Bucket=stack.parameters["ArtifactBucketName"],
            VersioningConfiguration={"Status": "Enabled"},
        )


def _deployed(real: Any) -> Any:
    def deployed(self: CloudFormation, name: str) -> Deployed | None:
        """Convert moto's Python lists to CloudFormation's, whose items are separated by commas."""
        found: Deployed | None = real(self, name)
        if found is None:
            return None
        parameters = {
            name: ",".join(ast.literal_eval(value)) if value.startswith("[") else value
            for name, value in found.parameters.items()
        }
        return replace(found, parameters=parameters)

    return deployed


def _settled(real: Any) -> Any:
    def settled(self: CloudFormation, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = real(self, name)
        return found and {**found, "EnableTerminationProtection": found["StackName"] in PROTECTED}

    return settled
