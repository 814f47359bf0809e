"""An embedded AWS and databases for the measured jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.jobs.measure import REPOSITORY, Cost, measure
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import make_engine
from emmaa_jobs.db.location import database_url
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.indra_setup.resources import ResourceFolders
from infra.shared.postgres import Cluster, find_programs, free_port, served

MODEL, CORPUS = "bench", "bench_tests"
READY = "Embedded AWS ready at "
RESOURCES = ResourceFolders(REPOSITORY / ".emmaa" / "resources")
AIRFLOW_PYTHON = REPOSITORY / ".venv" / "bin" / "python"


@dataclass(frozen=True)
class Stage:
    """An empty AWS on this machine, and the environment of jobs that use it.

    :param folder: databases, logs and the jobs' home
    """

    folder: Path
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        """The output of the jobs."""
        return self.folder / "jobs.log"

    def run(self, script: str, *arguments: str) -> Cost:
        """Run one of the jobs' scripts as Batch does, and measure it."""
        command = [sys.executable, f"scripts/{script}.py", *arguments]
        return measure(command, self.environment, self.log)

    def bucket(self) -> Bucket:
        """Return the stage's bucket."""
        return Bucket("emmaa", self.client("s3"))

    def query_database(self) -> QueryDatabase:
        """Return the database of users, subscriptions, queries and results."""
        return QueryDatabase(make_engine(database_url("primary", self.environment)))

    def client(self, service: str) -> Any:
        """Return a client of the stage's AWS."""
        import boto3

        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        return boto3.client(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_DEFAULT_REGION"],
            **{key.lower(): self.environment[key] for key in keys},
        )


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start an AWS that may send mails, and make both databases; the AWS ends with it."""
    (folder / "home").mkdir()
    port = free_port()
    cluster = Cluster.make(find_programs(Path(sys.prefix)), folder / "postgres")
    with served(cluster, port), _embedded_aws(folder) as url:
        cluster.make_databases(port, ("primary", "statements"))
        databases = {
            "EMMAADBPRIMARY": cluster.url(port, "primary"),
            "EMMAADBSTMT": f"{cluster.url(port, 'statements')};statement",
        }
        found = Stage(folder, _environment(folder, url) | databases)
        found.client("s3").create_bucket(Bucket="emmaa")
        found.client("sesv2").create_email_identity(EmailIdentity=load_settings().mail.source)
        found.run("upgrade_database")
        yield found


@contextmanager
def _embedded_aws(folder: Path) -> Iterator[str]:
    command: Sequence[str] = [
        *(str(AIRFLOW_PYTHON), "-m", "infra.local.aws", "--port", "0"),
        *("--jobs-directory", str(folder), "--jobs-bin", str(Path(sys.executable).parent)),
        *("--log-file", str(folder / "aws.log")),
    ]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(READY):
            raise RuntimeError(f"the embedded AWS did not start: {line!r}; see {folder}/aws.log")
        yield line.removeprefix(READY).strip()
    finally:
        process.terminate()
        process.communicate()


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **RESOURCES.environment(),
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "EMMAA_BUCKET": "emmaa",
        "INDRA_BIO_ARN": "arn:aws:ses:us-east-1:123456789012:identity/indra.bio",
        "EMAIL_SIGN_SECRET": "a secret for benchmarks",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        # How long other people's services take to answer, or not to, is not measured.
        "EMMAA_STATISTICS__PAPER_TITLES": "false",
        "EMMAA_STATISTICS__CURATIONS": "false",
        # As on the machines of Batch with their two cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
