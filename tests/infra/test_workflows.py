"""The workflows: actions are pinned, and what they run exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.mwaa.versions import VERSIONS
from tests.unit.local.test_lock_platforms import PYTHONS

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.y*ml"))


def jobs(name: str) -> dict[str, dict[str, Any]]:
    document: dict[str, dict[str, Any]] = yaml.safe_load(
        (REPOSITORY / ".github/workflows" / name).read_text()
    )
    return document["jobs"]


def commands(job: dict[str, Any]) -> list[str]:
    """Return the shell's lines of a job, and what its matrix puts in place of ``$COMMAND``."""
    lines = [step["run"] for step in job["steps"] if "run" in step]
    choices = job.get("strategy", {}).get("matrix", {}).get("command", [])
    return lines + [f"make {command}" for command in choices]


def test_there_are_some_for_changes_nights_and_weeks() -> None:
    names = {file.name for file in WORKFLOWS}
    assert names >= {"check.yaml", "tests.yaml", "nightly.yaml", "weekly.yaml"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_and_name_their_version(workflow: Path) -> None:
    named = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert named
    for action, comment in named:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" +# v\d+\.\d+\.\d+", comment)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_every_target_of_make_exists(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    asked = [
        name
        for job in jobs(workflow.name).values()
        for command in commands(job)
        for name in re.findall(r"make ([a-z0-9-]+)", command)
    ]
    assert asked
    assert set(asked) <= targets


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_may_read_alone(workflow: Path) -> None:
    document = yaml.safe_load(workflow.read_text())
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert "timeout-minutes" in job


def test_each_python_is_tested() -> None:
    assert jobs("tests.yaml")["tests"]["strategy"]["matrix"]["python"] == list(PYTHONS)


def test_the_older_airflow_is_tested() -> None:
    assert f"infra.mwaa.check {VERSIONS[-1]}" in commands(jobs("tests.yaml")["older-airflow"])[-1]


def test_mwaa_s_code_is_run_for_every_version() -> None:
    matrix = jobs("weekly.yaml")["mwaa-run"]["strategy"]["matrix"]
    assert matrix["version"] == list(VERSIONS)
