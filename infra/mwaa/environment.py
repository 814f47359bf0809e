"""Environments that hold what MWAA installs, kept from run to run while that does not change."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from infra.mwaa.layout import REPOSITORY
from infra.mwaa.versions import IMAGE_PACKAGES, constraints_file

#: What the DAG tests need beside the project's group for a local AWS.
_TEST_TOOLS = ("pytest", "hypothesis", "playwright", "wrapt")
_AIRFLOW = ("apache-airflow", "apache-airflow-core")


class InstallError(RuntimeError):
    """The packages could not be installed; the message is uv's."""


class ScratchEnvironment:
    """A virtual environment that uv makes apart from the project's own.

    :param folder: where it is
    :param python: the interpreter to make it with
    :param label: names it in errors
    """

    def __init__(self, folder: Path, python: Path, label: str) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self._base = python
        self._label = label
        self._uv = shutil.which("uv") or str(REPOSITORY / ".emmaa" / "tools" / "bin" / "uv")

    def make(self) -> None:
        """Remove it and make an empty one.

        :raises InstallError: if uv fails.
        """
        self._run("venv", "--clear", "--quiet", "--python", str(self._base), str(self.folder))

    def pip(self, command: str, *words: str) -> str:
        """Run ``uv pip`` on it and return what it prints.

        :raises InstallError: if it fails, with uv's message.
        """
        quiet = ["--quiet"] if command == "install" else []
        return self._run("pip", command, *quiet, "--python", str(self.python), *words)

    def see_the_sources(self) -> None:
        """Let every process of this environment import the repository, as development does."""
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        answer = subprocess.run(
            [self.python, "-c", asked], capture_output=True, text=True, check=True
        )
        folders = [str(REPOSITORY / name) for name in ("plugins", "scripts", ".")]
        Path(answer.stdout.strip(), "emmaa-sources.pth").write_text("\n".join(folders) + "\n")

    def packages(self) -> dict[str, str]:
        """Return the version of each installed package."""
        listed = json.loads(self.pip("list", "--format", "json"))
        return {package["name"]: package["version"] for package in listed}

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
            raise InstallError(f"{self._label}, uv {words[0]}: {answer.stderr.strip()}")
        return answer.stdout


class MwaaEnvironment(ScratchEnvironment):
    """The packages that MWAA installs for one version of Airflow.

    :param version: Airflow's version
    """

    def __init__(self, folder: Path, python: Path, version: str) -> None:
        super().__init__(folder, python, f"Airflow {version}")
        self._version = version

    def install(
        self, requirements: Path, *, with_test_tools: bool = False, more: Sequence[str] = ()
    ) -> None:
        """Install MWAA's image, then the requirements file as MWAA does.

        :param requirements: the file, as it lies on MWAA
        :param with_test_tools: whether to add what the DAG tests need
        :param more: further packages, under the constraint set
        :raises InstallError: if the constraint set cannot be kept, or the packages do not fit.
        """
        tools = [*(test_tools() if with_test_tools else []), *more]
        wanted = self._fingerprint(requirements, tools)
        stamp = self.folder / ".emmaa-ready"
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        self.make()
        pinned = [_pinned(package, self._version) for package in IMAGE_PACKAGES]
        self.pip("install", "-c", str(constraints_file(self._version)), *pinned)
        self.pip("install", "-r", str(requirements), f"apache-airflow=={self._version}")
        if tools:
            self.pip("install", "-c", str(constraints_file(self._version)), *tools)
        if with_test_tools:
            self.see_the_sources()
        self.pip("check")
        stamp.write_text(wanted)

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


def _pinned(package: str, version: str) -> str:
    return f"{package}=={version}" if package.split("[")[0] in _AIRFLOW else package


def test_tools() -> list[str]:
    """Return what the DAG tests need besides Airflow."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    local = project["dependency-groups"]["local"]
    return [*(item for item in local if isinstance(item, str)), *_TEST_TOOLS]
