"""The databases of a stack: Airflow's and EMMAA's two, in one PostgreSQL of the stack's own.

Making and migrating them takes a quarter of a minute, so it is done once for each state of the
code, in a template that each new stack copies.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from infra.local.stack.layout import JOBS_BIN, REPOSITORY, ROOT_BIN, STATE
from infra.shared.postgres import Cluster, find_programs, free_port, served

AIRFLOW, QUERIES, STATEMENTS = "airflow", "emmaa_queries", "emmaa_statements"
DATABASES = (AIRFLOW, QUERIES, STATEMENTS)
#: Names of the variables by which the jobs find their databases.
JOB_VARIABLES = ("EMMAADBPRIMARY", "EMMAADBSTMT")
TEMPLATES = STATE / "postgres"
_KEY = "made-for"
#: What a migrated database is a function of, beside this module.
_SOURCES = ("uv.lock", "scripts/uv.lock", "scripts/emmaa_jobs/db/migrations/**/*.py")


def job_variables(cluster: Cluster, port: int) -> dict[str, str]:
    """Return the variables by which the jobs find their databases."""
    primary, statements = JOB_VARIABLES
    return {
        primary: cluster.url(port, QUERIES),
        statements: f"{cluster.url(port, STATEMENTS)};statement",
    }


def airflow_variables(cluster: Cluster, port: int) -> dict[str, str]:
    """Return the variables by which Airflow finds its database."""
    url = cluster.url(port, AIRFLOW)
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url.replace(":", "+psycopg2:", 1),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url.replace(":", "+asyncpg:", 1),
    }


def stack_cluster(folder: Path) -> Cluster:
    """Return the cluster that a stack's folder has."""
    return Cluster(find_programs(ROOT_BIN.parent), folder.absolute())


def new_cluster(folder: Path, announce: Callable[[str], None]) -> Cluster:
    """Make a cluster with migrated databases, from the template of this state of the code.

    :param announce: called with a few words if there is no template yet
    """
    return stack_cluster(prepare_template(announce)).copy(folder)


def prepare_template(announce: Callable[[str], None]) -> Path:
    """Return the template of this state of the code, made if need be.

    :param announce: called with a few words if it is made
    """
    template = TEMPLATES / code_state()
    if not template.exists():
        announce("making the databases, which later starts copy (.emmaa/postgres)")
        _make_template(template)
    return template


def is_migrated(cluster: Cluster) -> bool:
    """Return whether a cluster's databases are as this state of the code needs them."""
    file = cluster.folder / _KEY
    return file.exists() and file.read_text() == code_state()


def migrate(cluster: Cluster, port: int, home: Path) -> None:
    """Bring a served cluster's databases to this state of the code.

    :param home: gets the logs of both migrations, and what Airflow writes on its way
    :raises RuntimeError: if a migration fails, with the end of its log.
    """
    home.mkdir(parents=True, exist_ok=True)
    basics = {"PATH": f"{ROOT_BIN}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    airflow = {
        **basics,
        **airflow_variables(cluster, port),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    jobs = {**basics, **job_variables(cluster, port)}
    script = str(REPOSITORY / "scripts" / "upgrade_database.py")
    started = [
        _start("airflow-db", [str(ROOT_BIN / "airflow"), "db", "migrate"], airflow, home),
        _start("emmaa-db", [str(JOBS_BIN / "python"), script], jobs, home),
    ]
    codes = [(log, process.wait()) for log, process in started]
    for log, code in codes:
        if code:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"a migration ended with {code}; its log {log} ends with:\n{tail}")
    (cluster.folder / _KEY).write_text(code_state())


@functools.cache
def code_state() -> str:
    """Return a short text that changes with whatever changes a migrated database."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for pattern in _SOURCES:
        for file in sorted(REPOSITORY.glob(pattern)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _make_template(folder: Path) -> None:
    """Make the template, and remove those of other states of the code.

    Two commands may do it at the same time: the first that is done wins.
    """
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        cluster = Cluster.make(find_programs(ROOT_BIN.parent), partial)
        port = free_port()
        with served(cluster, port):
            cluster.make_databases(port, DATABASES)
            migrate(cluster, port, partial / "home")
        shutil.rmtree(partial / "home")
        with suppress(OSError):  # it is there by now
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for other in _others(folder):
        shutil.rmtree(other, ignore_errors=True)


def _others(folder: Path) -> Iterable[Path]:
    """Return the complete templates of other states of the code."""
    return [f for f in folder.parent.iterdir() if f != folder and "." not in f.name]


def _start(
    name: str, argv: list[str], environment: Mapping[str, str], home: Path
) -> tuple[Path, subprocess.Popen[bytes]]:
    log = home / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return log, process
