"""Rules for all templates together; test_template_*.py test one each."""

from __future__ import annotations

import json
import re
from typing import Any

from emmaa_cycle.resources import UPLOAD_FUNCTION
from infra.cloudformation.templates import FOLDER, ORDER, load_templates
from tests.infra.templates_of import Filled

#: What CloudFormation takes in a request.
_MOST_BYTES = 51_200


def test_a_template_fits_into_a_request() -> None:
    assert {path.stem for path in FOLDER.glob("*.y*ml")} == set(ORDER)
    for template in load_templates():
        assert len(template.body.encode()) <= _MOST_BYTES


def test_a_parameter_is_declared_alike_everywhere() -> None:
    seen: dict[str, Any] = {}
    for template in load_templates():
        for name, rules in template.document["Parameters"].items():
            assert seen.setdefault(name, rules) == rules, f"{name} in {template.name}"


def test_no_stack_needs_a_later_one() -> None:
    exported: set[str] = set()
    for template in load_templates():
        needed = re.findall(
            r'"Fn::ImportValue": \{"Fn::Sub": "([^"]+)"\}', json.dumps(template.document)
        )
        assert set(needed) <= exported, template.name
        outputs = template.document["Outputs"].values()
        exported |= {o["Export"]["Name"]["Fn::Sub"] for o in outputs if "Export" in o}


def test_what_outlives_its_stack_does_not_outlive_a_creation_that_failed() -> None:
    """A leftover with a fixed name would make the next attempt fail, and each one after it."""
    policies = {
        (template.name, logical_id): (
            resource.get("DeletionPolicy", "Delete"),
            resource.get("UpdateReplacePolicy", "Delete"),
        )
        for template in load_templates()
        for logical_id, resource in template.resources.items()
    }
    kept = {name for name, (at_end, _) in policies.items() if at_end != "Delete"}

    assert kept == {
        ("artifacts", "ArtifactBucket"),
        ("uploads", "DeadLetters"),
        ("storage", "Bucket"),
        ("storage", "MailFeedbackBucket"),
        ("batch", "JobLogs"),
    }
    for name in kept:
        assert policies[name] == ("RetainExceptOnCreate", "Retain")


def test_every_log_has_an_end() -> None:
    groups = [
        group
        for template in load_templates()
        for group in Filled(template.name).of_type("AWS::Logs::LogGroup")
    ]

    assert {group["LogGroupName"] for group in groups} >= {
        "emmaa-jobs",
        f"/aws/lambda/{UPLOAD_FUNCTION}",
        *(f"airflow-emmaa-{n}" for n in ("DAGProcessing", "Scheduler", "Task", "WebServer")),
    }
    assert all(group["RetentionInDays"] == "90" for group in groups)


def test_what_is_skipped_of_checkov_has_a_reason() -> None:
    skipped = [
        (template.name, logical_id, skip)
        for template in load_templates()
        for logical_id, resource in template.resources.items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert skipped
    for _, _, skip in skipped:
        assert re.fullmatch(r"CKV2?_AWS_[0-9]+", skip["id"])
        assert len(skip["comment"].split()) > 3
