"""The workflows: actions are pinned, and what they run exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.mwaa.versions import VERSIONS

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.y*ml"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_there_is_a_scheduled_one() -> None:
    assert "scheduled.yaml" in {file.name for file in WORKFLOWS}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_and_name_their_version(workflow: Path) -> None:
    named = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert named
    for action, comment in named:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", comment)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_every_target_of_make_exists(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    asked = [
        re.findall(r"make ([a-z0-9-]+)", step["run"]) for step in steps(workflow) if "run" in step
    ]
    assert asked
    assert {name for names in asked for name in names} <= targets


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_may_read_alone(workflow: Path) -> None:
    document = yaml.safe_load(workflow.read_text())
    assert document["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in document["jobs"].values())


def test_mwaa_s_code_is_run_for_every_version() -> None:
    document = yaml.safe_load((REPOSITORY / ".github/workflows/scheduled.yaml").read_text())
    assert document["jobs"]["mwaa-run"]["strategy"]["matrix"]["version"] == list(VERSIONS)
