"""Both images can be built for linux/arm64: the locks have wheels for it, but for kappy."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

REPOSITORY = Path(__file__).resolve().parents[3]
LOCKS = ("uv.lock", "scripts/uv.lock")
GLIBC = range(17, 37)  # of manylinux2014 and of Debian 12


def tags(python: int, machine: str) -> set[Tag]:
    """Return what a wheel for a Python 3 and a kind of Linux may be tagged with."""
    platforms = [f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"linux_{machine}"]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in GLIBC]
    version = (3, python)
    return {*cpython_tags(version, platforms=platforms), *compatible_tags(version, None, platforms)}


def has_wheel(package: dict[str, Any], usable: set[Tag]) -> bool:
    names = [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", ())]
    return any(parse_wheel_filename(name)[3] & usable for name in names)


@pytest.mark.parametrize("python", [11, 12])
@pytest.mark.parametrize("lock", LOCKS)
def test_what_has_a_wheel_for_amd64_has_one_for_arm64(lock: str, python: int) -> None:
    packages = tomllib.loads((REPOSITORY / lock).read_text())["package"]
    amd64 = {p["name"] for p in packages if has_wheel(p, tags(python, "x86_64"))}
    arm64 = {p["name"] for p in packages if has_wheel(p, tags(python, "aarch64"))}

    assert len(amd64) > 100
    assert amd64 - arm64 <= {"kappy"}


def test_kappy_is_required_where_it_has_a_wheel() -> None:
    """Elsewhere its source would need a compiler, and make a Kappa without programs."""
    project = tomllib.loads((REPOSITORY / "scripts/pyproject.toml").read_text())["project"]
    [kappy] = [r for r in map(Requirement, project["dependencies"]) if r.name == "kappy"]

    def wanted(system: str, machine: str) -> bool:
        assert kappy.marker is not None
        return kappy.marker.evaluate({"sys_platform": system, "platform_machine": machine})

    assert wanted("linux", "x86_64")
    assert wanted("darwin", "arm64")
    assert not wanted("linux", "aarch64")
