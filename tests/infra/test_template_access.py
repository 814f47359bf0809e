"""The roles' names, and that Airflow's role reaches every target of jobs."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from emmaa_cycle.claims import date_key, series_key
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
    roles = Filled("access").of_type("AWS::IAM::Role")
    names = {role["RoleName"] for role in roles if "RoleName" in role}

    assert {BATCH_INSTANCE_ROLE, JOB_ROLE, MAIL_JOB_ROLE, UPLOAD_FUNCTION_ROLE} <= names


def test_the_execution_role_s_name_is_never_used_again() -> None:
    """MWAA knows it by its id: under an old name, a new environment does not come up."""
    assert "RoleName" not in Filled("access").resources["AirflowRole"]["Properties"]


@PREFIXES
def test_airflow_may_submit_to_every_target(prefix: str) -> None:
    airflow = Filled("access", Prefix=prefix).resources["AirflowRole"]["Properties"]
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


@pytest.mark.parametrize("role", ["JobRole", "MailJobRole"])
@pytest.mark.parametrize("key", [series_key("a-job"), date_key("a-date")])
def test_every_job_may_claim_its_work(role: str, key: str) -> None:
    """A job that may not write its claim does not work, also one that writes nothing else."""
    resources = Filled("access", BucketName="b").resources
    properties = resources[role]["Properties"]
    attached = [resources[each["Ref"]]["Properties"] for each in properties["ManagedPolicyArns"]]
    writable = [
        resource
        for policy in (*properties.get("Policies", []), *attached)
        for statement in statements(policy)
        if statement["Effect"] == "Allow" and "s3:PutObject" in statement["Action"]
        for resource in [statement["Resource"]]
    ]
    assert any(fnmatchcase(f"arn:aws:s3:::b/{key}", str(resource)) for resource in writable)
