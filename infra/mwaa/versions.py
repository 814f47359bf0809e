"""The Airflow versions that Amazon MWAA offers and that ``make mwaa-check`` tries."""

from __future__ import annotations

from pathlib import Path

from emmaa_cycle.errors import InputError

FOLDER = Path(__file__).parent
#: The Python of MWAA's images for these versions.
PYTHON = "3.12"
VERSIONS = ("3.3.1", "3.2.1")
#: Where AWS says which versions MWAA has: all of them, and those of one region.
LISTED_AT = (
    "https://docs.aws.amazon.com/mwaa/latest/userguide/airflow-versions.html, and of one region"
    " under Create environment in MWAA's console there"
)

#: What MWAA installs into its image, but for psycopg2 and pycurl, which need a compiler and which
#: nothing here imports, and the type stubs.
IMAGE_PACKAGES = (
    "apache-airflow[celery,statsd]",
    "apache-airflow-core[gunicorn]",
    "apache-airflow-providers-amazon[aiobotocore]",
    "apache-airflow-providers-fab",
    "apache-airflow-providers-standard",
    "celery[sqs]",
    "fluent-logger",
    "virtualenv",
    "watchtower",
)
#: What the DAGs and plugins need that the image lacks, or must have at the constraint's version.
REQUIREMENTS = ("apache-airflow-providers-amazon", "croniter", "pydantic", "pydantic-settings")


def constraints_file(version: str) -> Path:
    """Return the constraint set of an Airflow version on MWAA.

    :raises InputError: if the checks do not know the version.
    """
    if version not in VERSIONS:
        raise InputError(
            f"parameter AirflowVersion: {version!r} is not allowed: make mwaa-check knows"
            f" {', '.join(VERSIONS)}; for another, add its constraint set to infra/mwaa first"
        )
    return FOLDER / f"constraints-{version}.txt"


def constraints(version: str) -> dict[str, str]:
    """Return the pinned version of each package, by its normalized name."""
    lines = constraints_file(version).read_text().splitlines()
    pins = (line.split("==", 1) for line in lines if "==" in line and not line.startswith("#"))
    return {_normalized(name): pin.strip() for name, pin in pins}


def _normalized(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")
