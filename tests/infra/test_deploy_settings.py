"""The settings that follow from a deployment's parameters."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import ResourceClass
from emmaa_cycle.settings import Settings
from infra.deployment.deployer import Plan
from infra.deployment.plan.settings_text import deployment_settings, settings_text
from infra.deployment.plan.stacks import parameter_values
from tests.infra.world import ACCOUNT, REGION, deployment


def settings_of(settings: dict[str, Any] | None = None, **parameters: Any) -> Settings:
    plan = Plan.of(deployment(settings, **parameters))
    text = settings_text(deployment_settings(plan.deployment, plan.values))
    return Settings(**tomllib.loads(text))


def test_airflow_reads_the_deployment_s_names() -> None:
    settings = settings_of(
        {"schedule": {"timezone": "Europe/Berlin"}, "batch": {"poll_seconds": 2}}, Prefix="dev-"
    )

    assert settings.bucket == "dev-emmaa"
    assert settings.batch.targets[ResourceClass.MAIL].definition == "dev-emmaa-email-notifications"
    assert settings.batch.targets[ResourceClass.LARGE].queue == "dev-emmaa-after-update"
    assert settings.batch.poll_seconds == 2
    assert settings.schedule.timezone == "Europe/Berlin"
    assert settings.operators.topic_arn == f"arn:aws:sns:{REGION}:{ACCOUNT}:dev-emmaa-alarms"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_topic_is_in_the_region_s_partition(region: str, partition: str) -> None:
    elsewhere = deployment().model_copy(update={"region": region})
    values = {**parameter_values(deployment()), "Prefix": ""}
    settings = deployment_settings(elsewhere, values)

    topic = f"arn:{partition}:sns:{region}:{ACCOUNT}:emmaa-alarms"
    assert settings["operators"]["topic_arn"] == topic


def test_a_region_that_aws_does_not_have_is_named() -> None:
    elsewhere = deployment().model_copy(update={"region": "mars-olympus-1"})

    with pytest.raises(InputError, match="key region: AWS has no region mars-olympus-1"):
        deployment_settings(elsewhere, parameter_values(deployment()))


def test_addresses_replace_the_topic() -> None:
    operators = settings_of({"operators": {"addresses": ["a@example.org"]}}).operators

    assert operators.topic_arn == ""
    assert operators.addresses == ("a@example.org",)


def test_jobs_get_the_settings_that_they_read() -> None:
    links = {"airflow_url": "https://airflow.example.org"}
    chosen = {"statistics": {"curations": False}, "links": links, "mail": {"form": "short"}}
    plan = Plan.of(deployment(chosen))
    [batch] = [s for s in plan.stacks({}) if s.template.name == "batch"]

    assert batch.parameters["StatisticsSettings"] == '{"curations": false}'
    assert batch.parameters["TwitterSettings"] == "{}"
    assert json.loads(batch.parameters["LinksSettings"]) == links
    assert batch.parameters["MailForm"] == "short"


def test_the_form_of_mails_is_no_parameter_and_their_sender_is() -> None:
    assert settings_of({"mail": {"form": "short"}}).mail.form == "short"
    with pytest.raises(InputError, match=r"settings\.mail\.source follows from MailSource"):
        settings_of({"mail": {"source": "a@example.org"}})


@pytest.mark.parametrize(
    ("settings", "kind"), [({}, "own"), ({"launcher": {"image": "existing"}}, "existing")]
)
def test_roles_and_instances_follow_from_the_launcher(settings: Any, kind: str) -> None:
    stacks = {s.template.name: s.parameters for s in Plan.of(deployment(settings)).stacks({})}

    assert stacks["batch"]["JobImageKind"] == stacks["access"]["JobImageKind"] == kind


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-01-01"])
def test_a_date_may_be_toml_s_own(text: str) -> None:
    uploads = tomllib.loads(f"not_before = {text}")
    assert settings_of({"uploads": uploads}).uploads.not_before == datetime(2026, 1, 1, tzinfo=UTC)
