"""The deploy tool against moto: what it makes, and that a second time it does nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import pytest

from emmaa_cycle.resources import (
    JOB_DEFINITIONS,
    JOB_QUEUES,
    UPLOAD_FUNCTION,
    UPLOAD_FUNCTION_DEFINITION,
)
from infra.cloudformation.templates import ORDER
from infra.shared.function_package import build_function_package, code_sha256
from tests.infra.world import PROTECTED, Session, moto_account, prerequisites

# moto warns of each kind of resource that it does not make.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture(scope="module")
def deployed() -> Iterator[Session]:
    """Return an account in which everything was deployed once."""
    with moto_account() as account:
        session = Session(account, prerequisites(account))
        assert session.deploy()
        yield session


def test_a_second_time_there_is_nothing_to_do(deployed: Session) -> None:
    assert deployed.deploy()

    assert deployed.said == ["Nothing to do: the account matches the deployment file."]
    assert deployed.asked == []


def test_every_stack_has_termination_protection(deployed: Session) -> None:
    assert {f"emmaa-{name}" for name in ORDER} <= PROTECTED
    PROTECTED.discard("emmaa-storage")
    assert deployed.deploy()

    assert deployed.said == [
        "stack emmaa-storage: differs",
        "  + termination protection",
        "Done.",
    ]
    assert "emmaa-storage" in PROTECTED


def test_queues_are_served_by_their_environments(deployed: Session) -> None:
    batch = deployed.account.client("batch")
    queues = {q["jobQueueName"]: q for q in batch.describe_job_queues()["jobQueues"]}
    environments = batch.describe_compute_environments()["computeEnvironments"]
    names = {e["computeEnvironmentArn"]: e["computeEnvironmentName"] for e in environments}

    assert set(queues) == {queue.name for queue in JOB_QUEUES}
    for queue in JOB_QUEUES:
        [first] = queues[queue.name]["computeEnvironmentOrder"]
        assert names[first["computeEnvironment"]] == queue.compute_environment


def test_job_definitions_run_the_image_by_digest(deployed: Session) -> None:
    found = deployed.account.client("batch").describe_job_definitions()["jobDefinitions"]
    containers = {d["jobDefinitionName"]: d["containerProperties"] for d in found}

    assert set(containers) == {definition.name for definition in JOB_DEFINITIONS}
    for container in containers.values():
        assert container["image"] == deployed.parameters["JobImage"]


def test_the_function_has_the_code_of_this_repository(deployed: Session) -> None:
    client = deployed.account.client("lambda")
    found = client.get_function_configuration(FunctionName=UPLOAD_FUNCTION)
    policy = json.loads(client.get_policy(FunctionName=UPLOAD_FUNCTION)["Policy"])

    assert found["CodeSha256"] == code_sha256(build_function_package())
    assert found["Handler"] == UPLOAD_FUNCTION_DEFINITION.handler
    assert found["Environment"]["Variables"] == {
        "MWAA_ENVIRONMENT": "emmaa",
        "UPLOADS_KEY_DAYS": "30",
    }
    [statement] = policy["Statement"]
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": "arn:aws:s3:::emmaa"}


def test_the_plugins_bring_the_deployment_s_settings(deployed: Session) -> None:
    s3 = deployed.account.client("s3")
    there = s3.list_objects_v2(Bucket="test-artifacts", Prefix="airflow/plugins-")["Contents"]
    body = s3.get_object(Bucket="test-artifacts", Key=there[0]["Key"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names, settings = archive.namelist(), archive.read("emmaa_settings.toml").decode()

    assert {".airflowignore", "emmaa_cycle/settings.py", "emmaa_airflow/aws/client.py"} <= {*names}
    assert 'bucket = "emmaa"' in settings
    assert "arn:aws:sns:us-east-1:123456789012:emmaa-alarms" in settings


def test_only_what_differs_is_shown_and_changed(deployed: Session) -> None:
    assert deployed.deploy(FunctionConcurrency=7)

    assert [line for line in deployed.said if line.startswith("stack")] == [
        "stack emmaa-uploads: differs",
        "stack emmaa-uploads: change set",
        "stack emmaa-uploads: done",
    ]
    assert "  - FunctionConcurrency = 5" in deployed.said
    assert "  + FunctionConcurrency = 7" in deployed.said
    assert deployed.asked == ["Go on?", "Change emmaa-uploads?"]
    assert deployed.deploy(), "back, for the other tests"


def test_changed_settings_are_new_plugins(deployed: Session) -> None:
    assert deployed.deploy({"schedule": {"timezone": "Europe/Berlin"}})

    uploads = [line for line in deployed.said if line.startswith("upload ")]
    assert len(uploads) == 1
    assert "airflow/plugins-" in uploads[0]
    assert deployed.asked == ["Go on?", "Change emmaa-airflow?"]
    assert deployed.deploy(), "back, for the other tests"


def test_a_dag_that_is_gone_is_removed(deployed: Session) -> None:
    s3 = deployed.account.client("s3")
    s3.put_object(Bucket="test-artifacts", Key="airflow/dags/old.py", Body=b"")
    assert deployed.deploy()

    assert "remove airflow/dags/old.py" in deployed.said
    left = s3.list_objects_v2(Bucket="test-artifacts", Prefix="airflow/dags/")["Contents"]
    assert "airflow/dags/old.py" not in {item["Key"] for item in left}
    assert any(item["Key"] == "airflow/dags/emmaa_after_update.py" for item in left)


def test_a_changed_dag_waits_for_its_plugins(deployed: Session) -> None:
    s3 = deployed.account.client("s3")
    key = "airflow/dags/emmaa_mm_update.py"
    s3.put_object(Bucket="test-artifacts", Key=key, Body=b"old", Metadata={"sha256": "0"})
    assert not deployed.deploy({"deadline": {"cron": ""}}, no_to="emmaa-airflow")

    assert s3.get_object(Bucket="test-artifacts", Key=key)["Body"].read() == b"old"
    assert deployed.deploy()
    assert s3.get_object(Bucket="test-artifacts", Key=key)["Body"].read() != b"old"


def test_a_second_environment_stands_beside_the_first(deployed: Session) -> None:
    assert deployed.deploy(Prefix="dev-", ArtifactBucketName="test-dev-artifacts")

    batch = deployed.account.client("batch")
    queues = {queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]}
    assert queues == {p + queue.name for queue in JOB_QUEUES for p in ("", "dev-")}
    assert deployed.deploy()
    assert deployed.said == ["Nothing to do: the account matches the deployment file."]
