"""The environment in which the local stack runs Airflow's own components."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from infra.local.provisioning.operators import operators_topic
from infra.local.stack.facts import write_private
from infra.local.stack.jobs_environment import REGION
from infra.local.stack.layout import REPOSITORY, ROOT_BIN
from infra.local.stack.ports import HOST

USERNAME = "admin"
#: LocalExecutor's default of 32 starts more processes than a laptop can feed.
PARALLELISM = 8
#: Settings with which no run starts but those that somebody triggers, and what results from them.
NO_SCHEDULE = {
    "EMMAA_SCHEDULE__UPDATE_PIPELINE": "never",
    "EMMAA_SCHEDULE__EMAIL_NOTIFICATIONS": "never",
}


def write_password(home: Path, password: str) -> None:
    """Write the password of the one user of the local Airflow where Airflow reads it."""
    write_private(home / "passwords.json", json.dumps({USERNAME: password}))


def airflow_environment(home: Path, port: int, dags_folder: Path) -> dict[str, str]:
    """Return Airflow's configuration as environment variables, without its database.

    :param home: AIRFLOW_HOME; holds the logs and the password
    :param port: where the API server listens
    :param dags_folder: where the DAG files are
    """
    url = f"http://{HOST}:{port}"
    options = {
        "CORE__DAGS_FOLDER": str(dags_folder),
        "CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        # The default, glob, writes a deprecation warning of pathspec into every task's log.
        "CORE__DAG_IGNORE_FILE_SYNTAX": "regexp",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": str(PARALLELISM),
        "CORE__MAX_ACTIVE_TASKS_PER_DAG": str(PARALLELISM),
        # The daily cycle maps over all models of the bucket.
        "CORE__MAX_MAP_LENGTH": "4096",
        "CORE__FERNET_KEY": "",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USERNAME}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        "API__SECRET_KEY": secrets.token_urlsafe(32),
        "API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        # A busy machine stores a DAG long after it was parsed; the DAG must not count as gone then.
        "DAG_PROCESSOR__STALE_DAG_THRESHOLD": "600",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # How soon a new scheduler adopts what a killed one had queued or was running. By default it
        # looks every five minutes, and gives up a task without heartbeat after five.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        **{name: os.environ[name] for name in ("HOME", "LANG", "TZ") if name in os.environ},
        **{f"AIRFLOW__{name}": value for name, value in options.items()},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "EMMAA_OPERATORS__TOPIC_ARN": operators_topic(REGION),
        # A laptop that sleeps at noon must not cause an alarm at midnight.
        "EMMAA_DEADLINE__CRON": "never",
        "PATH": f"{ROOT_BIN}:/usr/local/bin:/usr/bin:/bin",
        # Airflow's processes change their titles, which would overwrite the mark of the stack.
        "SPT_NOENV": "1",
    }
