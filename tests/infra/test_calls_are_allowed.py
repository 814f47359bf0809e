"""Each AWS call in the code is allowed to the role under which that code runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from tests.infra.templates_of import Filled

REPOSITORY = Path(__file__).resolve().parents[2]
#: The services whose clients the code makes, with IAM's name where it is another one.
SERVICES = {
    # First, because other services have operations of the same names.
    "cloudwatch": "cloudwatch",
    "batch": "batch",
    "logs": "logs",
    "mwaa": "airflow",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sesv2": "ses",
    "ssm": "ssm",
}
#: Actions that are not named like their operation (service authorization reference).
OTHER_NAMES = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:HeadObject": "s3:GetObject",
}
JOBS = "scripts/emmaa_jobs"
NOTIFICATIONS = f"{JOBS}/notifications"
MAIL_SCRIPTS = ("model_notifications", "run_email_notifications")
#: The sources that run under each role. Where the function meets no MWAA it reads a password,
#: which only an Airflow that is not this deployment's needs.
SOURCES: dict[str, list[Path]] = {
    "AirflowRole": sorted((REPOSITORY / "plugins").rglob("*.py")),
    "UploadFunctionRole": [
        path
        for path in sorted((REPOSITORY / "lambdas").rglob("*.py"))
        if path.name != "credentials.py"
    ],
    "JobRole": [
        path
        for path in sorted((REPOSITORY / "scripts").rglob("*.py"))
        if ".venv" not in path.parts and not path.is_relative_to(REPOSITORY / NOTIFICATIONS)
    ],
    "MailJobRole": sorted((REPOSITORY / NOTIFICATIONS).rglob("*.py")),
}


def operations() -> dict[str, str]:
    """Every operation of the services, as boto3 names it, with its action."""
    session = botocore.session.get_session()
    return {
        xform_name(operation): f"{prefix}:{operation}"
        for service, prefix in SERVICES.items()
        for operation in session.get_service_model(service).operation_names
    }


def called(paths: Iterable[Path]) -> Iterator[str]:
    """Return the actions that sources need, by the calls of clients and paginators in them."""
    known = operations()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name = node.func.attr
            if name == "get_paginator" and isinstance(node.args[0], ast.Constant):
                name = str(node.args[0].value)
            if name == "get_object" and not all(keyword.arg for keyword in node.keywords):
                yield "s3:GetObjectVersion"  # it may name a version
            if name in known:
                yield OTHER_NAMES.get(known[name], known[name])


def allowed(role: str) -> set[str]:
    """Return the actions that a role allows on anything."""
    resources = Filled("access").resources
    properties = resources[role]["Properties"]
    attached = [resources[p["Ref"]]["Properties"] for p in properties.get("ManagedPolicyArns", [])]
    found: set[str] = set()
    for policy in [*properties.get("Policies", []), *attached]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                found |= {actions} if isinstance(actions, str) else set(actions)
    return found


@pytest.mark.parametrize("role", SOURCES)
def test_what_is_called_is_allowed(role: str) -> None:
    needed = set(called(SOURCES[role]))

    assert needed, "the sources call AWS, or this test looks past it"
    assert needed <= allowed(role)


def test_jobs_are_given_nothing_that_they_do_not_call() -> None:
    """Mail jobs also read the bucket and write their claims, by the jobs' common modules."""
    jobs, mail = set(called(SOURCES["JobRole"])), set(called(SOURCES["MailJobRole"]))

    assert allowed("JobRole") == jobs
    assert allowed("MailJobRole") == jobs | mail | {"ses:SendRawEmail"}


def test_mail_jobs_have_nothing_to_write() -> None:
    """Their role may write claims and their part of the overview, which modules of all jobs do."""
    bucket = ast.parse((REPOSITORY / JOBS / "bucket.py").read_text())
    writers = {
        node.name
        for node in ast.walk(bucket)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("write_")
    }
    scripts = [REPOSITORY / "scripts" / f"{name}.py" for name in MAIL_SCRIPTS]

    assert "write_bytes" in writers
    called = set(names_called([*SOURCES["MailJobRole"], *scripts]))
    assert not called & (writers | {"put_object", "upload_file", "upload_fileobj"})


def names_called(paths: Iterable[Path]) -> Iterator[str]:
    """Return the names of all methods that sources call."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr
