"""What MWAA installs holds what the plugins need, at the versions that are developed against."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from infra.mwaa.versions import (
    IMAGE_PACKAGES,
    REQUIREMENTS,
    VERSIONS,
    constraints,
    constraints_file,
)

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())


def name_of(requirement: str) -> str:
    return re.split(r"[\[=<>~!; ]", requirement)[0]


def test_development_and_the_newest_version_share_their_constraints() -> None:
    ours = set(PROJECT["tool"]["uv"]["constraint-dependencies"])
    mwaa_s = set(constraints_file(VERSIONS[0]).read_text().splitlines())

    assert ours <= mwaa_s
    # uv itself is whatever the machine has.
    assert {name_of(pin) for pin in mwaa_s - ours} == {"uv"}


def test_the_project_s_dependencies_are_in_mwaa_s_image_or_requirements() -> None:
    needed = {name_of(requirement) for requirement in PROJECT["project"]["dependencies"]}
    there = {name_of(requirement) for requirement in (*IMAGE_PACKAGES, *REQUIREMENTS)}

    # The image's Airflow and its provider bring boto3.
    assert needed - {"boto3"} <= there


@pytest.mark.parametrize("version", VERSIONS)
def test_every_requirement_has_a_pin(version: str) -> None:
    assert set(REQUIREMENTS) <= set(constraints(version))


def test_an_unknown_version_names_the_parameter() -> None:
    with pytest.raises(InputError, match=r"parameter AirflowVersion: '3\.0\.6'.*3\.3\.1, 3\.2\.1"):
        constraints_file("3.0.6")
