"""Environments that hold what MWAA installs, kept from run to run while that does not change."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

from infra.mwaa.layout import REPOSITORY
from infra.mwaa.versions import IMAGE_PACKAGES, constraints_file

#: What the DAG tests need beside the project's group for a local AWS.
_TEST_TOOLS = ("pytest", "hypothesis")
_AIRFLOW = ("apache-airflow", "apache-airflow-core")


class InstallError(RuntimeError):
    """The packages could not be installed; the message is uv's."""


class MwaaEnvironment:
    """One virtual environment.

    :param folder: where it is
    :param python: the interpreter to make it with
    :param version: Airflow's version
    """

    def __init__(self, folder: Path, python: Path, version: str) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self._base = python
        self._version = version
        self._uv = shutil.which("uv") or str(REPOSITORY / ".emmaa" / "tools" / "bin" / "uv")

    def install(self, requirements: Path, *, with_test_tools: bool = False) -> None:
        """Install MWAA's image, then the requirements file as MWAA does.

        :param requirements: the file, as it lies on MWAA
        :param with_test_tools: whether to add what the DAG tests need
        :raises InstallError: if the constraint set cannot be kept, or the packages do not fit.
        """
        tools = _test_tools() if with_test_tools else []
        wanted = self._fingerprint(requirements, tools)
        stamp = self.folder / ".emmaa-ready"
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        self._run("venv", "--clear", "--quiet", "--python", str(self._base), str(self.folder))
        pinned = [_pinned(package, self._version) for package in IMAGE_PACKAGES]
        self._pip("install", "-c", str(constraints_file(self._version)), *pinned)
        self._pip("install", "-r", str(requirements), f"apache-airflow=={self._version}")
        if tools:
            self._pip("install", "-c", str(constraints_file(self._version)), *tools)
            self._see_the_sources()
        self._pip("check")
        stamp.write_text(wanted)

    def _see_the_sources(self) -> None:
        """Let every process of this environment import the repository, as development does."""
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        answer = subprocess.run(
            [self.python, "-c", asked], capture_output=True, text=True, check=True
        )
        folders = [str(REPOSITORY / name) for name in ("plugins", "scripts", ".")]
        Path(answer.stdout.strip(), "emmaa-sources.pth").write_text("\n".join(folders) + "\n")

    def packages(self) -> dict[str, str]:
        """The version of each installed package."""
        listed = json.loads(self._pip("list", "--format", "json"))
        return {package["name"]: package["version"] for package in listed}

    def _fingerprint(self, requirements: Path, tools: list[str]) -> str:
        parts = [
            str(self._base),
            constraints_file(self._version).read_text(),
            requirements.read_text(),
            str(REPOSITORY),
            *IMAGE_PACKAGES,
            *tools,
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _pip(self, command: str, *words: str) -> str:
        quiet = ["--quiet"] if command == "install" else []
        return self._run("pip", command, *quiet, "--python", str(self.python), *words)

    def _run(self, *words: str) -> str:
        # uv must neither follow this project's own environment nor its constraints.
        environment = {n: v for n, v in os.environ.items() if n != "VIRTUAL_ENV"}
        answer = subprocess.run(
            [self._uv, "--no-config", *words],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if answer.returncode != 0:
            raise InstallError(f"Airflow {self._version}, uv {words[0]}: {answer.stderr.strip()}")
        return answer.stdout


def _pinned(package: str, version: str) -> str:
    return f"{package}=={version}" if package.split("[")[0] in _AIRFLOW else package


def _test_tools() -> list[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    local = project["dependency-groups"]["local"]
    return [*(item for item in local if isinstance(item, str)), *_TEST_TOOLS]
