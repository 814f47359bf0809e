"""Tests of MWAA's requirements: they hold all that the plugins need, at the developed versions."""

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

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def name_of(requirement: str) -> str:
    return re.split(r"[\[=<>~!; ]", requirement)[0]


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(folder: str) -> dict[str, str]:
    """Return the version that a project pins, by normalized package name."""
    project = tomllib.loads((REPOSITORY / folder / "pyproject.toml").read_text())
    pins = (pin.split("==") for pin in project["tool"]["uv"]["constraint-dependencies"])
    return {normalized(name): version for name, version in pins}


def locked(folder: str) -> set[str]:
    lock = tomllib.loads((REPOSITORY / folder / "uv.lock").read_text())
    return {package["name"] for package in lock["package"]}


def test_development_pins_what_it_locks_as_the_newest_version_does() -> None:
    mwaa_s = constraints(VERSIONS[0])
    shared = {name: mwaa_s[name] for name in locked(".") & set(mwaa_s)}

    assert shared
    assert pins_of(".") == shared, "let pyproject.toml pin what uv.lock and MWAA's set both name"


@pytest.mark.parametrize("folder", [".", "scripts"])
def test_each_pin_is_of_a_locked_package(folder: str) -> None:
    assert set(pins_of(folder)) - locked(folder) == set()


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
