"""Write the secrets of docker-compose.yaml's services, new ones for each deployment.

    python3 infra/compose/make_env.py [--folder infra/compose/env]

One file for each group of services that needs it, readable by its owner alone. Files that are
there stay as they are, because the database keeps the passwords that it was made with. Standard
library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "env"
#: What docker-compose.yaml mounts into containers, whose users are others than this file's owner.
MOUNTED = ("aws-config", "postgres-init.sh")
USERNAME = "admin"
_HOST = "postgres"
_REPAIR = (
    "restore what is missing, or remove the database (docker compose down --volumes) and all the"
    " files"
)


def make_environments() -> dict[str, dict[str, str]]:
    """Return new variables by file name; docker-compose.yaml's ``env_file`` says who gets which."""
    superuser, airflow, emmaa = (secrets.token_urlsafe(24) for _ in range(3))
    return {
        "postgres.env": {
            "POSTGRES_PASSWORD": superuser,
            "AIRFLOW_DATABASE_PASSWORD": airflow,
            "EMMAA_DATABASE_PASSWORD": emmaa,
        },
        "airflow.env": {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (
                f"postgresql+psycopg2://airflow:{airflow}@{_HOST}/airflow"
            ),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        },
        "login.env": {
            "EMMAA_LOCAL_AIRFLOW_USERNAME": USERNAME,
            "EMMAA_LOCAL_AIRFLOW_PASSWORD": secrets.token_urlsafe(12),
        },
        "jobs.env": {
            "EMMAADBPRIMARY": f"postgresql://emmaa:{emmaa}@{_HOST}/emmaa_queries",
            "EMMAADBSTMT": f"postgresql://emmaa:{emmaa}@{_HOST}/emmaa_statements;statement",
            "EMAIL_SIGN_SECRET": secrets.token_hex(32),
        },
    }


def write_environments(folder: Path, environments: Mapping[str, Mapping[str, str]]) -> list[Path]:
    """Write all files, unless all are there.

    :returns: the files written; empty if they were there
    :raises FileExistsError: if some are there and some are not, or not whole: their passwords
        belong together.
    """
    files = {folder / name: variables for name, variables in environments.items()}
    there = [file.name for file in files if file.exists()]
    partial = [name for name in there if environments[name].keys() - read_environment(folder, name)]
    if partial:
        raise FileExistsError(
            f"{folder} holds {', '.join(partial)} without all variables, as a full disk leaves it:"
            f" {_REPAIR}"
        )
    if len(there) == len(files):
        return []
    if there:
        absent = sorted(set(environments) - set(there))
        raise FileExistsError(
            f"{folder} holds {', '.join(there)} but not {', '.join(absent)},"
            f" whose passwords belong together: {_REPAIR}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file, variables in files.items():
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return list(files)


def let_containers_read(folder: Path) -> None:
    """Let everyone read the mounted files, whatever the umask of the clone was."""
    for name in MOUNTED:
        file = folder / name
        file.chmod(file.stat().st_mode | 0o444)


def read_environment(folder: Path, name: str) -> dict[str, str]:
    """Return the variables of one file.

    :raises FileNotFoundError: if it was not written yet.
    """
    lines = (folder / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the files and return the exit code: 2 if some of them are missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where (%(default)s)")
    folder: Path = parser.parse_args(argv).folder
    let_containers_read(FOLDER.parent)
    try:
        written = write_environments(folder, make_environments())
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 2
    login = read_environment(folder, "login.env")
    print(f"{folder}: {len(written)} files written" if written else f"{folder}: all there")
    print("login: {EMMAA_LOCAL_AIRFLOW_USERNAME} / {EMMAA_LOCAL_AIRFLOW_PASSWORD}".format(**login))
    return 0


if __name__ == "__main__":
    sys.exit(main())
