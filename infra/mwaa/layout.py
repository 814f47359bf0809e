"""What is deployed to MWAA, and where MWAA puts it on its machines.

``plugins.zip`` is unpacked into the plugins folder, which is on Python's path. The DAGs' folder
is copied as it is. The startup script runs in every component before Airflow, and what it exports
is in Airflow's environment.
"""

from __future__ import annotations

from pathlib import Path

from infra.archive import reproducible_zip
from infra.mwaa.versions import constraints_file, requirements_text

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = "/usr/local/airflow"
SETTINGS_FILE = "emmaa_settings.toml"


def plugins_zip(settings_text: str) -> bytes:
    """The plugins, and beside them the settings, so that both change at once.

    :param settings_text: the settings file's text
    """
    files = _files(REPOSITORY / "plugins")
    return reproducible_zip({**files, SETTINGS_FILE: settings_text.encode()})


def dag_files(version: str) -> dict[str, bytes]:
    """The DAGs' folder by relative path, with the constraint set that the requirements name."""
    constraints = constraints_file(version)
    return {**_files(REPOSITORY / "dags"), constraints.name: constraints.read_bytes()}


def requirements(version: str, home: str = HOME) -> bytes:
    """The requirements file.

    :param home: MWAA's home, or what stands for it
    """
    return requirements_text(version, f"{home}/dags/{constraints_file(version).name}").encode()


def startup_script(home: str = HOME) -> bytes:
    """The startup script. MWAA passes on what it exports to Airflow's processes.

    :param home: MWAA's home, or what stands for it
    """
    return (
        "#!/bin/bash\n"
        "# Written by infra/deploy.py.\n"
        f'export EMMAA_SETTINGS_FILE="{home}/plugins/{SETTINGS_FILE}"\n'
    ).encode()


def _files(folder: Path) -> dict[str, bytes]:
    """All files below a folder but what Python writes there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
