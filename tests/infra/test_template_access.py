"""The roles' names, and that Airflow's role reaches every target of jobs."""

from __future__ import annotations

from emmaa_cycle.resources import (
    BATCH_INSTANCE_ROLE,
    BATCH_TARGETS,
    JOB_ROLE,
    MAIL_JOB_ROLE,
    UPLOAD_FUNCTION_ROLE,
    ResourceClass,
)
from tests.infra.templates_of import PREFIXES, Filled, statements


def test_the_roles_have_their_documented_names() -> None:
    names = {role["RoleName"] for role in Filled("access").of_type("AWS::IAM::Role")}

    assert {BATCH_INSTANCE_ROLE, JOB_ROLE, MAIL_JOB_ROLE, UPLOAD_FUNCTION_ROLE} <= names


@PREFIXES
def test_airflow_may_submit_to_every_target(prefix: str) -> None:
    roles = Filled("access", Prefix=prefix).of_type("AWS::IAM::Role")
    [airflow] = [role for role in roles if role["RoleName"] == f"{prefix}emmaa-airflow"]
    [submit] = [
        statement
        for policy in airflow["Policies"]
        for statement in statements(policy)
        if "batch:SubmitJob" in statement["Action"]
    ]
    allowed = {resource.split(":", 5)[5] for resource in submit["Resource"]}

    for target in (BATCH_TARGETS[c] for c in ResourceClass):
        assert f"job-queue/{prefix}{target.queue}" in allowed
        assert f"job-definition/{prefix}{target.definition}" in allowed
        assert f"job-definition/{prefix}{target.definition}:*" in allowed
