"""Batch's environments, queues, job definitions and retries are emmaa_cycle.resources'."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.resources import (
    BATCH_TARGETS,
    JOB_DEFINITIONS,
    JOB_QUEUES,
    JOB_ROLE,
    MAIL_JOB_ROLE,
    RETRY_STRATEGY,
)
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import Stage
from infra.cloudformation.templates import load_template
from infra.deployment.account_checks.instances import memory_for_jobs
from tests.infra.templates_of import PREFIXES, Filled, imported


@PREFIXES
def test_compute_environments_and_queues(prefix: str) -> None:
    batch = Filled("batch", Prefix=prefix)
    queues = {q["JobQueueName"]: q for q in batch.of_type("AWS::Batch::JobQueue")}

    assert set(queues) == {prefix + queue.name for queue in JOB_QUEUES}
    for queue in JOB_QUEUES:
        [first] = queues[prefix + queue.name]["ComputeEnvironmentOrder"]
        environment = batch.resources[first["ComputeEnvironment"]["Ref"]]["Properties"]
        assert environment["ComputeEnvironmentName"] == prefix + queue.compute_environment
        assert environment["ComputeResources"]["MaxvCpus"] == str(queue.max_vcpus)


@pytest.mark.parametrize("seconds", [600, 1800, 86_400])
def test_no_job_waits_for_ever_for_a_machine_at_the_head_of_its_queue(seconds: int) -> None:
    for queue in Filled("batch", CapacityWaitSeconds=seconds).of_type("AWS::Batch::JobQueue"):
        limits = {limit["Reason"]: limit for limit in queue["JobStateTimeLimitActions"]}
        assert {reason: limit["MaxTimeSeconds"] for reason, limit in limits.items()} == {
            "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": 3600,
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": 3600,
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": seconds,
        }
        for limit in limits.values():
            assert (limit["State"], limit["Action"]) == ("RUNNABLE", "CANCEL")
            assert 600 <= limit["MaxTimeSeconds"] <= 86_400  # what Batch takes


def test_the_wait_for_capacity_is_one_that_batch_takes_and_that_leaves_others_their_day() -> None:
    parameter = load_template("batch").parameters["CapacityWaitSeconds"]
    for refused in ("599", "86401", "0", "-600", "", "30 minutes"):
        with pytest.raises(ValueError, match="CapacityWaitSeconds"):
            parameter.check(refused)
    for taken in ("600", "86400"):
        parameter.check(taken)
    # Ten jobs that no machine is there for, one after the other, leave the rest most of their time.
    total = Settings().batch.total_seconds[Stage.MODEL_UPDATE]
    assert 10 * int(parameter.default or "") < total / 2


@pytest.mark.parametrize(
    ("market", "kind", "strategy"),
    [
        ("SPOT", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"),
        ("ON_DEMAND", "EC2", "BEST_FIT_PROGRESSIVE"),
    ],
)
def test_the_market_is_a_parameter(market: str, kind: str, strategy: str) -> None:
    batch = Filled("batch", InstanceMarket=market, UpdateDesiredVcpus=8)
    by_name = {
        e["ComputeEnvironmentName"]: e["ComputeResources"]
        for e in batch.of_type("AWS::Batch::ComputeEnvironment")
    }

    for resources in by_name.values():
        assert (resources["Type"], resources["AllocationStrategy"]) == (kind, strategy)
    assert by_name["emmaa-models-update-test"]["DesiredvCpus"] == 8
    assert "DesiredvCpus" not in by_name["emmaa-testing-jobs-env"]


def test_environments_are_changed_in_place() -> None:
    """One with a fixed name cannot be replaced, and one with a role of ours must be."""
    for environment in Filled("batch").of_type("AWS::Batch::ComputeEnvironment"):
        assert environment["ReplaceComputeEnvironment"] is False
        assert "ServiceRole" not in environment


def test_new_instances_end_no_job_before_its_own_timeout() -> None:
    environments = {
        environment["ComputeEnvironmentName"]: environment["UpdatePolicy"]
        for environment in Filled("batch").of_type("AWS::Batch::ComputeEnvironment")
    }
    timeouts = {definition.name: definition.timeout_seconds for definition in JOB_DEFINITIONS}

    for queue in JOB_QUEUES:
        policy = environments[queue.compute_environment]
        served = [t.definition for t in BATCH_TARGETS.values() if t.queue == queue.name]
        assert served
        assert policy["TerminateJobsOnUpdate"] is False
        for definition in served:
            assert policy["JobExecutionTimeoutMinutes"] * 60 >= timeouts[definition]


@pytest.mark.parametrize(("kind", "tokens"), [("own", "required"), ("existing", "optional")])
def test_the_existing_image_alone_may_ask_the_instance_without_a_token(
    kind: str, tokens: str
) -> None:
    data = Filled("batch", JobImageKind=kind).one("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    tagged = {item["ResourceType"]: item["Tags"][:1] for item in data["TagSpecifications"]}

    assert data["MetadataOptions"]["HttpTokens"] == tokens
    # By this tag the jobs' role may tag instances and volumes (access.yaml).
    assert tagged["instance"] == tagged["volume"] == [{"Key": "Name", "Value": "emmaa-batch"}]


@PREFIXES
@pytest.mark.parametrize("definition", JOB_DEFINITIONS, ids=lambda d: d.name)
def test_job_definitions(prefix: str, definition: Any) -> None:
    batch = Filled("batch", Prefix=prefix)
    found = {d["JobDefinitionName"]: d for d in batch.of_type("AWS::Batch::JobDefinition")}
    assert set(found) == {prefix + d.name for d in JOB_DEFINITIONS}
    job = found[prefix + definition.name]
    container = job["ContainerProperties"]

    needs = {r["Type"]: r["Value"] for r in container["ResourceRequirements"]}
    assert needs == {"MEMORY": str(definition.memory_mib), "VCPU": str(definition.vcpus)}
    assert job["Timeout"] == {"AttemptDurationSeconds": definition.timeout_seconds}
    role = MAIL_JOB_ROLE if definition.may_send_mail else JOB_ROLE
    assert imported(container["JobRoleArn"]) == f"{prefix}{role}-role"
    assert ("INDRA_BIO_ARN" in variables(container)) == definition.may_send_mail
    assert ("EMAIL_SIGN_SECRET" in secrets(container)) == definition.may_send_mail


@pytest.mark.parametrize(
    ("count", "name", "host_gib"), [(2, "emmaa_jobdef", 32), (1, "emmaa_testing_jobs_def", 64)]
)
def test_jobs_fill_their_hosts(count: int, name: str, host_gib: int) -> None:
    """An instance offers jobs less than its memory: with a little more, one job would fit."""
    [definition] = [d for d in JOB_DEFINITIONS if d.name == name]

    assert count * definition.memory_mib <= memory_for_jobs(host_gib * 1024)
    # AWS' own example of what an instance registers.
    assert memory_for_jobs(8192) <= 7985 - 32


def test_retry_rules() -> None:
    for job in Filled("batch").of_type("AWS::Batch::JobDefinition"):
        assert job["RetryStrategy"] == {
            "Attempts": RETRY_STRATEGY.attempts,
            "EvaluateOnExit": [
                {
                    key: value
                    for key, value in {
                        "Action": rule.action,
                        "OnStatusReason": rule.on_status_reason,
                        "OnReason": rule.on_reason,
                    }.items()
                    if value is not None
                }
                for rule in RETRY_STRATEGY.rules
            ],
        }


def test_jobs_get_databases_and_keys_as_secrets_alone() -> None:
    batch = Filled("batch", NcbiApiKeySecretArn="ncbi", NdexUserSecretArn="u")
    for job in batch.of_type("AWS::Batch::JobDefinition"):
        container = job["ContainerProperties"]
        assert {"EMMAADBPRIMARY", "EMMAADBSTMT"} <= set(secrets(container))
        assert not set(variables(container)) & set(secrets(container))
        if "EMAIL_SIGN_SECRET" not in secrets(container):
            assert secrets(container)["NCBI_API_KEY"] == "ncbi"
            assert "NDEX_PASSWORD" not in secrets(container)


def test_job_image_is_by_digest() -> None:
    image = load_template("batch").parameters["JobImage"]
    repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/emmaa-jobs"

    image.check(f"{repository}@sha256:{'0' * 64}")
    for tagged in (f"{repository}:latest", repository, f"{repository}:1@sha256:{'0' * 64}"):
        with pytest.raises(ValueError, match="JobImage"):
            image.check(tagged)


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["Value"] for item in container["Environment"]}


def secrets(container: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["ValueFrom"] for item in container["Secrets"]}


def test_a_log_that_is_not_taken_holds_no_job_up() -> None:
    for definition in Filled("batch").of_type("AWS::Batch::JobDefinition"):
        options = definition["ContainerProperties"]["LogConfiguration"]["Options"]

        assert options["mode"] == "non-blocking"
        assert options["max-buffer-size"] == "25m"
