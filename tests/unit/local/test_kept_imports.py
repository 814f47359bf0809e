"""A demo's Airflow imports once what its DAGs import."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from infra.local.stack.kept_imports import keep_imports
from infra.local.stack.layout import REPOSITORY

PROGRAM = """
import json, sys, threading
import airflow.settings
airflow.settings.initialize()
modules, threads = sorted(sys.modules), threading.active_count()

from botocore.loaders import JSONFileLoader
from emmaa_airflow.aws.client import aws_client
read, load = [], JSONFileLoader.load_file
JSONFileLoader.load_file = lambda self, path: read.append(path) or load(self, path)
for service in ("batch", "s3"):
    aws_client(service, "us-west-2")
print(json.dumps([modules, threads, read]))
"""


class Started(NamedTuple):
    """What a process has when it starts, and the files that its first clients of AWS read."""

    modules: list[str]
    threads: int
    read: list[str]


def imported_by_dags() -> set[str]:
    """Return the project's modules that DAG files import."""
    found = set()
    for file in (REPOSITORY / "dags").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("emmaa_"):
                found.add(node.module or "")
    return found


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Started:
    """Return what a process of such an Airflow has when it starts, and what its clients read."""
    home = tmp_path_factory.mktemp("airflow")
    variables = keep_imports(home)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
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


def test_all_that_dags_import_is_there_before_they_are_read(started: Started) -> None:
    assert len(imported_by_dags()) > 10
    assert imported_by_dags() <= set(started.modules)
    assert started.threads == 1, "a fork loses threads"


def test_clients_read_no_description_of_a_service_again(started: Started) -> None:
    assert started.read == []
