"""Both locks install from wheels on every platform that the README names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from infra.local.stack.layout import REPOSITORY

UV = shutil.which("uv") or str(REPOSITORY / ".emmaa" / "tools" / "bin" / "uv")
#: The oldest and the newest glibc of Linux in use, by architecture; and Apple's own processors.
PLATFORMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "x86_64-manylinux_2_40",
    "aarch64-manylinux_2_40",
    "aarch64-apple-darwin",
)
#: By ``requires-python``.
PYTHONS = ("3.11", "3.12", "3.13")
#: Of each architecture and system, what a wheel's name ends with.
MACHINES = ("manylinux.*_x86_64", "manylinux.*_aarch64", "macosx.*_(?:arm64|universal2)")
#: Python alone, so that building them needs no compiler.
PURE_SOURCES = frozenset({"pysolr", "ratelimit", "yattag"})
#: Those; what Windows alone needs, and Python 3.13 alone; and Kappa, off where it has no wheel.
NOT_EVERYWHERE = PURE_SOURCES | {"pywin32", "pyyaml-ft", "kappy"}


def packages(project: Path) -> set[str]:
    """Return the packages of a lock that come from a registry."""
    lock = tomllib.loads((project / "uv.lock").read_text())
    return {package["name"] for package in lock["package"] if "registry" in package["source"]}


def install(project: Path, platform: str, pure: frozenset[str]) -> subprocess.CompletedProcess[str]:
    """Let uv plan an installation that builds nothing but the pure packages."""
    options = [f"--no-build-package={name}" for name in sorted(packages(project) - pure)]
    argv = [UV, "sync", "--locked", "--offline", "--dry-run", "--reinstall"]
    argv += ["--python-platform", platform, "--project", str(project), "--python", sys.executable]
    return subprocess.run(
        [*argv, *options],
        cwd=REPOSITORY,
        env={**os.environ, "VIRTUAL_ENV": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("project", [REPOSITORY, REPOSITORY / "scripts"], ids=["root", "jobs"])
def test_nothing_needs_a_compiler(project: Path, platform: str) -> None:
    done = install(project, platform, PURE_SOURCES)
    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr


def test_a_package_without_a_wheel_is_noticed() -> None:
    done = install(REPOSITORY / "scripts", PLATFORMS[0], frozenset())
    assert done.returncode != 0
    assert "has no binary distribution" in done.stderr


@pytest.mark.parametrize(
    ("platform", "there"), [(PLATFORMS[0], True), (PLATFORMS[1], False), (PLATFORMS[4], True)]
)
def test_kappa_is_left_out_where_it_has_no_wheel(platform: str, there: bool) -> None:
    done = install(REPOSITORY / "scripts", platform, PURE_SOURCES)
    assert (" + kappy==" in done.stderr) == there


def test_each_python_has_wheels_of_both_locks() -> None:
    for project in (REPOSITORY, REPOSITORY / "scripts"):
        lock = tomllib.loads((project / "uv.lock").read_text())
        assert lock["requires-python"] == ">=3.11, <3.14"
        wheels: dict[str, list[str]] = {name: [] for name in packages(project) - NOT_EVERYWHERE}
        for package in lock["package"]:  # some are there in two versions, for different Pythons
            if package["name"] in wheels:
                wheels[package["name"]] += [wheel["url"] for wheel in package.get("wheels", ())]
        missing = [
            (name, python, machine)
            for name, urls in wheels.items()
            for python in PYTHONS
            for machine in MACHINES
            if not any(fits(url, python, machine) for url in urls)
        ]
        assert missing == []


def fits(wheel: str, python: str, machine: str) -> bool:
    """Return whether a wheel can be installed with a Python, on a kind of machine."""
    *_, pythons, abi, platform = wheel.rsplit("/", 1)[1].removesuffix(".whl").split("-")
    tag = f"cp{python.replace('.', '')}"
    right = tag in pythons or "py3" in pythons or (abi == "abi3" and "cp3" in pythons)
    return right and (platform == "any" or re.search(machine, platform) is not None)
