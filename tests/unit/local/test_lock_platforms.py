"""Both locks install from wheels on every platform that the README names."""

from __future__ import annotations

import os
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
#: Python alone, so that building them needs no compiler.
PURE_SOURCES = frozenset({"pysolr", "ratelimit", "yattag"})


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
