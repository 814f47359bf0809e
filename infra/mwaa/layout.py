"""Files that are deployed to MWAA, and their places on its machines.

``plugins.zip`` is unpacked into the plugins folder, which is on Python's path. The DAGs' folder
is copied as it is. The startup script runs in every component before Airflow, and what it exports
is in Airflow's environment.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from infra.mwaa.versions import REQUIREMENTS, constraints, constraints_file
from infra.shared.archive import reproducible_zip

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = "/usr/local/airflow"
SETTINGS_FILE = "emmaa_settings.toml"


def plugins_zip(settings_text: str) -> bytes:
    """Zip the plugins with the settings beside them, so that both change at once.

    :param settings_text: the settings file's text
    """
    files = source_files(REPOSITORY / "plugins", REPOSITORY)
    return reproducible_zip({**files, SETTINGS_FILE: settings_text.encode()})


def dag_files(version: str) -> dict[str, bytes]:
    """Return the DAGs' files by relative path, with the constraint set that requirements name."""
    constraints = constraints_file(version)
    dags = source_files(REPOSITORY / "dags", REPOSITORY)
    return {**dags, constraints.name: constraints.read_bytes()}


def requirements(version: str, home: str = HOME) -> bytes:
    """Return the requirements file.

    :param home: MWAA's home, or what stands for it
    """
    return _requirements_text(version, f"{home}/dags/{constraints_file(version).name}").encode()


def startup_script(home: str = HOME) -> bytes:
    """Return the startup script. MWAA passes on what it exports to Airflow's processes.

    :param home: MWAA's home, or what stands for it
    """
    return (
        "#!/bin/bash\n"
        "# Written by infra/deploy.py.\n"
        f'export EMMAA_SETTINGS_FILE="{home}/plugins/{SETTINGS_FILE}"\n'
    ).encode()


def source_files(folder: Path, repository: Path) -> dict[str, bytes]:
    """Return the contents of the project's files below a folder, by path relative to it.

    A machine has private files among the sources: Python's caches, editors' backups, notes that
    only this checkout ignores. They must neither be deployed nor change the hash of what is.
    Tracked files are taken as they are now, and those that are new but not ignored as well:
    whether they may be deployed is the dirty tree's check to decide. Without git, as in an unpacked
    archive, it is all files but what Python writes.

    :param repository: the checkout's top
    """
    listed = _listed_by_git(folder, repository)
    if listed is None:
        listed = [
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if "__pycache__" not in path.parts and path.suffix != ".pyc"
        ]
    paths = {name: folder / name for name in sorted(listed)}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _listed_by_git(folder: Path, repository: Path) -> list[str] | None:
    """Return what git tracks or would track; None if the repository is not git's own checkout.

    An archive that was unpacked inside of some other repository is not: that one may ignore it.
    """
    top = _git(repository, "rev-parse", "--show-toplevel")
    if top is None or Path(top.rstrip("\n")).resolve() != repository.resolve():
        return None
    names = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", ".")
    return None if names is None else [name for name in names.split("\0") if name]


def _git(folder: Path, *words: str) -> str | None:
    """Return what git prints; None if there is no git, or it fails."""
    try:
        answer = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return answer.stdout if answer.returncode == 0 else None


def _requirements_text(version: str, constraints_path: str) -> str:
    """Return the requirements file that MWAA installs at the start of each component.

    :param constraints_path: where MWAA finds the constraint set
    """
    pins = constraints(version)
    lines = [f'--constraint "{constraints_path}"']
    lines += [f"{name}=={pins[name]}" for name in REQUIREMENTS]
    return "\n".join(lines) + "\n"
