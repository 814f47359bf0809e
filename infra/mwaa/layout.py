"""Files that are deployed to MWAA, and their places on its machines.

``plugins.zip`` is unpacked into the plugins folder, which is on Python's path. The DAGs' folder
is copied as it is. The startup script runs in every component before Airflow, and what it exports
is in Airflow's environment.
"""

from __future__ import annotations

from pathlib import Path

from infra.mwaa.sources import source_files
from infra.mwaa.versions import constraints_file, requirements_text
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
    return requirements_text(version, f"{home}/dags/{constraints_file(version).name}").encode()


def startup_script(home: str = HOME) -> bytes:
    """Return the startup script. MWAA passes on what it exports to Airflow's processes.

    :param home: MWAA's home, or what stands for it
    """
    return (
        "#!/bin/bash\n"
        "# Written by infra/deploy.py.\n"
        f'export EMMAA_SETTINGS_FILE="{home}/plugins/{SETTINGS_FILE}"\n'
    ).encode()
