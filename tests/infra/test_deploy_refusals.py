"""Tests of the deploy tool's refusals: it leaves the account unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from emmaa_cycle.errors import InputError
from infra.deployment.aws.cloudformation import StackFailedError
from infra.deployment.deployer import Deployer, Plan
from tests.infra.world import Session, deployment, moto_account, prerequisites

# moto warns of each kind of resource that it does not make.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture
def empty() -> Iterator[Session]:
    """Return an account in which nothing was deployed."""
    with moto_account() as account:
        yield Session(account, prerequisites(account))


def test_who_says_no_changes_nothing(empty: Session) -> None:
    assert not empty.deploy(no_to="Go on")
    assert empty.statuses() == {}


def test_who_says_no_to_a_stack_stops_there(empty: Session) -> None:
    assert not empty.deploy(no_to="emmaa-network")

    assert empty.said[-1] == "Stopped: what was done so far stays."
    statuses = empty.statuses()
    assert statuses["emmaa-artifacts"] == "CREATE_COMPLETE"
    assert statuses["emmaa-network"] == "REVIEW_IN_PROGRESS"
    assert empty.deploy(), "and it goes on from there"


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("PrimaryDatabaseSecretArn", "emmaa/nothing-AbCdEf", "there is no secret"),
        ("MailSignSecretArn", "emmaa/nothing", "there is no secret"),
        ("NcbiApiKeySecretArn", "ncbi", "there is no secret"),
        ("JobImage", "sha256:" + "1" * 64, "has no image"),
        ("MailIdentityArn", "other.example.org", "has no identity other.example.org"),
        ("InstanceTypes", "t3.micro", "can hold a job of emmaa_jobdef"),
        ("VpcId", "vpc-12345678", "there is no VPC vpc-12345678"),
        ("BucketOrigin", "exists", "there is no bucket emmaa"),
    ],
)
def test_what_is_missing_is_refused_before_anything_is_made(
    empty: Session, parameter: str, value: str, message: str
) -> None:
    given = {
        "PrimaryDatabaseSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:",
        "MailSignSecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/",
        "NcbiApiKeySecretArn": "arn:aws:ssm:us-east-1:123456789012:parameter/",
        "JobImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/emmaa-jobs@",
        "MailIdentityArn": "arn:aws:ses:us-east-1:123456789012:identity/",
    }
    missing: dict[str, Any] = {parameter: given.get(parameter, "") + value}
    with pytest.raises(InputError, match=message) as refused:
        empty.deploy(MailSource="emmaa@other.example.org", **missing)

    assert parameter.removesuffix("Origin") in str(refused.value)
    assert empty.statuses() == {}


def test_a_bucket_that_is_there_is_not_made_again(empty: Session) -> None:
    empty.account.client("s3").create_bucket(Bucket="emmaa")

    with pytest.raises(InputError, match="parameter BucketOrigin: the bucket emmaa is there"):
        empty.deploy()
    assert empty.statuses() == {}
    assert empty.deploy(BucketOrigin="exists")


def test_an_artifact_bucket_of_someone_else_is_refused_before_anything_is_made(
    empty: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def foreign(**call: Any) -> Any:
        body = {"Error": {"Code": "403", "Message": "Forbidden"}}
        return AWSResponse("", 403, {}, None), body

    events = empty.account.client("s3").meta.events
    events.register("before-call.s3.HeadBucket", foreign, "foreign")
    with pytest.raises(InputError, match="ArtifactBucketName: the bucket test-artifacts is an"):
        empty.deploy()
    assert empty.statuses() == {}


def test_an_artifact_bucket_that_is_there_already_is_refused(empty: Session) -> None:
    empty.account.client("s3").create_bucket(Bucket="test-artifacts")

    with pytest.raises(InputError, match="ArtifactBucketName: the bucket test-artifacts is there"):
        empty.deploy()
    assert empty.statuses() == {}


@pytest.mark.parametrize("prefix", ["", "dev-"])
def test_what_a_deleted_stack_left_behind_is_named(empty: Session, prefix: str) -> None:
    queue, group = f"{prefix}emmaa-upload-to-dag-run-dead-letters", f"{prefix}emmaa-jobs"
    empty.account.client("sqs").create_queue(QueueName=queue)
    empty.account.client("logs").create_log_group(logGroupName=group)
    airflow = f"airflow-{prefix}emmaa-Task"
    for name in (group + "-of-others", airflow):
        empty.account.client("logs").create_log_group(logGroupName=name)

    with pytest.raises(InputError) as refused:
        empty.deploy(Prefix=prefix)
    reported = str(refused.value).splitlines()
    assert [line.split(" is there")[0] for line in reported] == [
        f"parameter Prefix: the queue {queue}",
        f"parameter Prefix: the log group {group}",
        f"parameter Prefix: the log group {airflow}",
    ]
    assert empty.statuses() == {}


def test_the_end_of_a_secret_s_arn_is_asked_for(empty: Session) -> None:
    arn = empty.parameters["PrimaryDatabaseSecretArn"]
    part = arn.rpartition("-")[0]

    with pytest.raises(InputError, match=f"PrimaryDatabaseSecretArn: .*give all of it: {arn}"):
        empty.deploy(PrimaryDatabaseSecretArn=part)


def test_credentials_of_another_account_are_refused(empty: Session) -> None:
    other = deployment(**empty.parameters).model_copy(update={"account": "999999999999"})
    plan = Plan.of(deployment(**empty.parameters))
    object.__setattr__(plan, "deployment", other)

    with pytest.raises(InputError, match="123456789012, and the deployment is for 999999999999"):
        Deployer(empty.account, plan, print, lambda question: True).deploy()
    assert empty.statuses() == {}


def test_a_broken_stack_is_named(empty: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.cloudformation.models import cloudformation_backends

    empty.deploy(no_to="emmaa-network")
    backend = cloudformation_backends["123456789012"]["us-east-1"]
    [stack] = [s for s in backend.stacks.values() if s.name == "emmaa-artifacts"]
    monkeypatch.setattr(stack, "status", "ROLLBACK_COMPLETE")

    with pytest.raises(StackFailedError, match="emmaa-artifacts is in ROLLBACK_COMPLETE"):
        empty.deploy()


def test_zones_are_chosen_before_anything_is_asked(empty: Session) -> None:
    assert not empty.deploy(VpcId="", PrivateSubnetIds="", no_to="Go on")

    assert "  + Zone1 = us-east-1a" in empty.said
    assert "  + Zone2 = us-east-1b" in empty.said
    assert any("airflow-versions.html" in line for line in empty.said)


def test_a_subnet_without_a_way_out_is_named(empty: Session) -> None:
    ec2 = empty.account.client("ec2")
    subnets = empty.parameters["PrivateSubnetIds"]
    table = ec2.create_route_table(VpcId=empty.parameters["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[1])

    with pytest.raises(InputError, match=f"PrivateSubnetIds: {subnets[1]} has no way out"):
        empty.deploy()
    assert empty.statuses() == {}
