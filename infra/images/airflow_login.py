"""Start Airflow with a simple auth manager's one user, whose password is in the environment.

    python airflow_login.py api-server …

Airflow reads the password from a file alone. ``EMMAA_LOCAL_AIRFLOW_USERNAME`` and
``EMMAA_LOCAL_AIRFLOW_PASSWORD`` are what the embedded AWS logs in with, too.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

USERNAME, PASSWORD = "EMMAA_LOCAL_AIRFLOW_USERNAME", "EMMAA_LOCAL_AIRFLOW_PASSWORD"
FILE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"


def main(arguments: list[str]) -> None:
    """Write the file and become ``airflow``."""
    missing = [name for name in (USERNAME, PASSWORD) if not os.environ.get(name)]
    if missing:
        sys.exit(f"set {' and '.join(missing)}: `make compose-env` writes them")
    file = Path(os.environ["AIRFLOW_HOME"]) / "passwords.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({os.environ[USERNAME]: os.environ[PASSWORD]}), encoding="utf-8")
    os.environ[FILE] = str(file)
    os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] = f"{os.environ[USERNAME]}:admin"
    os.execvp("airflow", ["airflow", *arguments])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
