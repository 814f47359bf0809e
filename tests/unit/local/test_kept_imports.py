"""A demo's Airflow imports once what its DAGs import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from infra.local.stack.kept_imports import keep_imports
from infra.local.stack.layout import REPOSITORY

DAGS = sorted((REPOSITORY / "dags").glob("*.py"))
PROGRAM = """
import json, runpy, sys, threading
import airflow.settings
airflow.settings.initialize()
modules, threads = set(sys.modules), threading.active_count()

from botocore.loaders import JSONFileLoader
read, load = [], JSONFileLoader.load_file
JSONFileLoader.load_file = lambda self, path: read.append(path) or load(self, path)
for dag in sys.argv[1:]:
    runpy.run_path(dag)
from emmaa_airflow.aws.client import aws_client
for service in ("batch", "s3"):
    aws_client(service, "us-west-2")
print(json.dumps([sorted(set(sys.modules) - modules), threads, read]))
"""


class Started(NamedTuple):
    """Needs of the DAG files and the first clients of AWS, beyond what a process starts with.

    :param imported: modules
    :param threads: how many the process has when it starts
    :param read: botocore's descriptions of services
    """

    imported: list[str]
    threads: int
    read: list[str]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Started:
    """Read the DAG files and make clients in a process of such an Airflow."""
    home = tmp_path_factory.mktemp("airflow")
    variables = keep_imports(home)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, DAGS)],
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **variables,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        },
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    return Started(*json.loads(done.stdout.splitlines()[-1]))


def test_dags_and_clients_import_nothing_but_what_runs_tasks(started: Started) -> None:
    assert [name for name in started.imported if not name.startswith("airflow.sdk.")] == []
    assert started.threads == 1, "a fork loses threads"


def test_clients_read_no_description_of_a_service_again(started: Started) -> None:
    assert started.read == []
