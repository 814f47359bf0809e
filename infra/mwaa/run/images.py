"""A clone of aws/amazon-mwaa-docker-images, and the environment that its entry point wants.

Its code runs from where the clone is. What the image's Dockerfile puts into MWAA's home is copied
there, and the variables are those that MWAA's service gives to a container.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from emmaa_cycle.errors import InputError
from infra.cloudformation.templates import load_template
from infra.local.stack.database import AIRFLOW
from infra.shared.postgres import USER

REPOSITORY = "https://github.com/aws/amazon-mwaa-docker-images"
HOW_TO_GET = (
    f"get MWAA's code by\n    git clone {REPOSITORY}\nand name the clone:"
    "\n    make mwaa-run MWAA_IMAGES=amazon-mwaa-docker-images"
)
#: What MWAA's code imports beyond what ``make mwaa-check`` installs: PostgreSQL's drivers, and the
#: typed clients, which are imported at run time.
PACKAGES = (
    "apache-airflow-providers-postgres",
    "boto3-stubs[logs]",
    "boto3-stubs[sqs]",
    "pip",
)
QUEUE = "airflow-celery"
ACCOUNT_ID = "123456789012"
#: Log groups by what writes to them, as MWAA names both.
LOG_GROUPS = {
    "DAGPROCESSOR": "DAGProcessing",
    "SCHEDULER": "Scheduler",
    "TRIGGERER": "Scheduler",
    "TASK": "Task",
    "WEBSERVER": "WebServer",
    "WORKER": "Worker",
}


@dataclass(frozen=True)
class MwaaImage:
    """One version's folder of the clone."""

    folder: Path
    version: str

    @classmethod
    def find(cls, clone: str, version: str) -> MwaaImage:
        """Find a version in a clone.

        :raises InputError: if no clone is named, or it has no such version.
        """
        if not clone:
            raise InputError(f"make mwaa-run needs MWAA_IMAGES: {HOW_TO_GET}")
        folder = Path(clone).resolve() / "images" / "airflow" / version
        if not (folder / "python" / "mwaa" / "entrypoint.py").is_file():
            raise InputError(f"{clone} has no MWAA image of Airflow {version}: {HOW_TO_GET}")
        return cls(folder, version)

    def install(self, home: Path) -> None:
        """Put into MWAA's home what the image's Dockerfile puts there."""
        programs = home / ".local" / "bin"
        shutil.copytree(self.folder / "bin" / "airflow-user", programs)
        for program in programs.iterdir():
            program.chmod(0o755)
        shutil.copytree(self.folder / "etc", home / ".local" / "etc")
        (home / "config").mkdir()
        shutil.copy(self.folder / "airflow_local_settings.py", home / "config")
        for name, inside in (("requirements.txt", "requirements"), ("startup.sh", "startup")):
            (home / inside).mkdir()
            shutil.move(home / name, home / inside / name)

    def environment(self, home: Path, venv: Path) -> dict[str, str]:
        """Return the variables of the image itself."""
        etc = home / ".local" / "etc"
        return {
            "AIRFLOW_VERSION": self.version,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_USER_HOME": str(home),
            "HOME": str(home),
            "PATH": f"{venv / 'bin'}:{home / '.local' / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(self.folder / "python"),
            "PYTHONUNBUFFERED": "1",
            "AIRFLOW_CONSTRAINTS_FILE": str(etc / "airflow_constraints.txt"),
            "MWAA_ESSENTIAL_CONSTRAINTS_FILE": str(etc / "mwaa_essential_constraints.txt"),
        }


def service_environment(
    home: Path, *, aws_url: str, ui_url: str, database: tuple[int, str], region: str
) -> dict[str, str]:
    """Return what MWAA's service tells a container: secrets, database, queue, logs.

    :param database: port and password of a PostgreSQL on this machine
    """
    port, password = database
    logs = f"arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:"
    found = {
        "MWAA__CORE__AUTH_TYPE": "testing",
        "MWAA__CORE__REQUIREMENTS_PATH": str(home / "requirements" / "requirements.txt"),
        "MWAA__CORE__STARTUP_SCRIPT_PATH": str(home / "startup" / "startup.sh"),
        "MWAA__CORE__FERNET_KEY": json.dumps({"FernetKey": Fernet.generate_key().decode()}),
        "MWAA__CORE__API_SERVER_URL": ui_url,
        "MWAA__WEBSERVER__SECRET": json.dumps({"secret_key": Fernet.generate_key().decode()}),
        "MWAA__DB__CREDENTIALS": json.dumps({"username": USER, "password": password}),
        "MWAA__DB__POSTGRES_DB": AIRFLOW,
        "MWAA__DB__POSTGRES_HOST": "127.0.0.1",
        "MWAA__DB__POSTGRES_PORT": str(port),
        "MWAA__DB__POSTGRES_SSLMODE": "disable",
        "MWAA__SQS__CREATE_QUEUE": "False",
        "MWAA__SQS__CUSTOM_ENDPOINT": aws_url,
        "MWAA__SQS__QUEUE_URL": f"{aws_url}/{ACCOUNT_ID}/{QUEUE}",
        "MWAA__SQS__USE_SSL": "False",
    }
    for source, group in LOG_GROUPS.items():
        prefix = f"MWAA__LOGGING__AIRFLOW_{source}_LOG"
        found[f"{prefix}_GROUP_ARN"] = f"{logs}{log_group(group)}"
        found[f"{prefix}_LEVEL"] = "INFO"
        found[f"{prefix}S_ENABLED"] = "true"
    return found


def log_group(name: str) -> str:
    """Return a log group's name, as ``airflow.yaml`` and MWAA have it."""
    return f"airflow-emmaa-{name}"


def airflow_options() -> dict[str, str]:
    """Return ``airflow.yaml``'s options of Airflow as variables, DAGs not paused."""
    properties = load_template("airflow").resources["Airflow"]["Properties"]
    options = properties["AirflowConfigurationOptions"]
    return {
        f"AIRFLOW__{name.upper().replace('.', '__', 1)}": _resolved(value)
        for name, value in options.items()
    }


def _resolved(value: object) -> str:
    match value:
        case {"Fn::Sub": str(text)}:
            return text.replace("${Prefix}", "")
        case {"Ref": "DagsPausedAtCreation"}:
            return "False"
        case str(text):
            return text
    raise ValueError(f"an option of airflow.yaml is neither text nor known: {value!r}")
