"""The existing image's wrapper, the real one, with what the deployment gives to a job.

``python -m indra.util.aws run_in_batch`` asks the instance for its id without a token, tags it and
its volumes, and only then runs the command. moto stands for EC2 and for the instance's metadata.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from indra.util.aws import run_in_batch
from moto import mock_aws
from moto.instance_metadata import responses as metadata

from tests.infra.templates_of import Filled

ROLES = ("JobRole", "MailJobRole")


@pytest.fixture(params=["emmaa_jobdef", "emmaa_testing_jobs_def", "emmaa-email-notifications"])
def job(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a job of one definition in its environment, and return the id of its instance."""
    definitions = Filled("batch").of_type("AWS::Batch::JobDefinition")
    [container] = [
        definition["ContainerProperties"]
        for definition in definitions
        if definition["JobDefinitionName"] == request.param
    ]
    for name in [n for n in os.environ if n.startswith("AWS_") and n.endswith("REGION")]:
        monkeypatch.delenv(name)
    for variable in container["Environment"]:
        monkeypatch.setenv(variable["Name"], str(variable["Value"]))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        client = boto3.client("ec2", region_name="us-east-1")
        image = client.register_image(Name="any")["ImageId"]
        made = client.run_instances(ImageId=image, MinCount=1, MaxCount=1)
        instance: str = made["Instances"][0]["InstanceId"]
        monkeypatch.setitem(metadata.INSTANCE_METADATA, "instance-id", instance)
        yield instance


def test_the_wrapper_tags_its_instance_and_runs_the_command(job: str) -> None:
    assert run_in_batch(["sh", "-c", "exit 3"], "aske", "update-emmaa-results") == 3

    ec2 = boto3.client("ec2", region_name="us-east-1")
    [instance] = ec2.describe_instances(InstanceIds=[job])["Reservations"][0]["Instances"]
    volumes = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [job]}])
    assert volumes["Volumes"]
    for tagged in (instance, *volumes["Volumes"]):
        tags = {tag["Key"]: tag["Value"] for tag in tagged["Tags"]}
        assert tags["project"] == "aske"
        assert tags["purpose"] == "update-emmaa-results"


def test_the_jobs_roles_allow_what_the_wrapper_does(job: str) -> None:
    called: set[str] = set()

    def remember(model: Any, **call: Any) -> None:
        called.add(f"ec2:{model.name}")

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register("before-call.ec2", remember)
    run_in_batch(["true"], "aske", "update-emmaa-results")

    access = Filled("access", JobImageKind="existing").resources
    policy = access["TagInstancesPolicy"]["Properties"]["PolicyDocument"]
    allowed: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert called == allowed
    for role in ROLES:
        attached = access[role]["Properties"]["ManagedPolicyArns"]
        assert {"Ref": "TagInstancesPolicy"} in attached
