"""The embedded AWS of docker-compose: served, filled, and its S3 kept in a volume.

    python -m infra.compose.aws [flags of python -m infra.local.aws]

At its first start it is filled as ``make demo`` does it: yesterday's round of the demo's models, by
the real jobs. Later starts find S3 as the last one left it. Queues, job definitions and the upload
function are made at each start, with the container's own environment as the jobs'.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET, MWAA_ENVIRONMENT
from emmaa_cycle.s3_layout import MODELS
from infra.local.aws.cli import main as serve
from infra.local.aws.errors import UsageError
from infra.local.aws.runtime.environment import aws_environment
from infra.local.provisioning.account import Account
from infra.local.provisioning.provision import enable_uploads, provision
from infra.shared.function_package import build_function_package

REGION = "us-east-1"
JOBS_PYTHON = Path("/opt/venv/bin/python")
#: Tells Airflow's containers which uploads are history; its presence says that S3 was filled.
SETTINGS_FILE = Path("/var/lib/emmaa/settings.toml")
#: There from when the server can be used until it ends.
READY_FILE = Path("/tmp/emmaa-aws-ready")  # noqa: S108 - the container's own
#: What the job definitions carry, where the container has it, besides all settings.
JOB_VARIABLES = (
    "EMAIL_SIGN_SECRET",
    "EMMAADBPRIMARY",
    "EMMAADBSTMT",
    "HOME",
    "INDRA_BIO_ARN",
    "INDRA_RESOURCES",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYSTOW_HOME",
    "PYTHONUNBUFFERED",
)
#: Without these a job would fail late, or write elsewhere.
REQUIRED = ("EMAIL_SIGN_SECRET", "EMMAADBPRIMARY", "EMMAADBSTMT")


def job_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of every job, taken from the container's.

    :raises InputError: naming the required ones that are missing.
    """
    missing = [name for name in REQUIRED if not environment.get(name)]
    if missing:
        raise InputError(f"set {', '.join(missing)}: `make compose-env` writes them")
    return {name: value for name, value in environment.items() if _is_for_jobs(name)}


def _is_for_jobs(name: str) -> bool:
    # EMMAA_LOCAL_… is the login of Airflow, which is none of the jobs' business.
    is_setting = name.startswith("EMMAA_") and not name.startswith("EMMAA_LOCAL_")
    return is_setting or name in JOB_VARIABLES


def fill(endpoint_url: str) -> None:
    """Make everything that production has, and the demo's history if there is none.

    :raises InputError: if what the volumes hold does not belong together.
    """
    provision(
        endpoint_url,
        job_environment=job_environment(os.environ),
        function_zip=build_function_package(),
        function_environment={"MWAA_ENVIRONMENT": MWAA_ENVIRONMENT},
    )
    if not is_filled(SETTINGS_FILE, holds_models(endpoint_url)):
        seed_history(endpoint_url)
    enable_uploads(endpoint_url)
    if not SETTINGS_FILE.exists():
        write_settings(SETTINGS_FILE, datetime.now(UTC))
    READY_FILE.touch()


def is_filled(settings: Path, models: bool) -> bool:
    """Return whether the history is there.

    :param models: whether the bucket holds any
    :raises InputError: if one volume is new and another is not.
    """
    if settings.exists() != models:
        raise InputError(
            "S3 and the settings do not belong together: the first start was interrupted, or one"
            " of the volumes was removed. `docker compose down --volumes` starts afresh"
        )
    return models


def holds_models(endpoint_url: str) -> bool:
    """Return whether the bucket has anything under ``models/``."""
    with Account(endpoint_url, REGION) as account:
        listed = account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=MODELS, MaxKeys=1)
    return bool(listed.get("Contents"))


def seed_history(endpoint_url: str) -> None:
    """Run the seeder, whose output is the container's.

    :raises InputError: if it fails; its output says why.
    """
    done = subprocess.run(
        [str(JOBS_PYTHON), "-m", "infra.local.seed", "history"],
        env={**os.environ, **aws_environment(endpoint_url, REGION)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise InputError(f"seeding ended with {done.returncode}, see above")


def write_settings(file: Path, not_before: datetime) -> None:
    """Write the settings that Airflow's containers read: older uploads are history."""
    partial = file.with_suffix(".part")
    partial.write_text(f'[uploads]\nnot_before = "{not_before.isoformat()}"\n')
    partial.replace(file)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM and return the exit code."""
    READY_FILE.unlink(missing_ok=True)
    for name in ("LOCAL_AIRFLOW_USERNAME", "LOCAL_AIRFLOW_PASSWORD"):
        os.environ.setdefault(name, os.environ.get(f"EMMAA_{name}", ""))
    arguments = sys.argv[1:] if argv is None else argv
    return serve([*arguments, "--mwaa-environment", MWAA_ENVIRONMENT], _fill)


def _fill(endpoint_url: str) -> None:
    try:
        fill(endpoint_url)
    except InputError as error:
        raise UsageError(str(error)) from error


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
