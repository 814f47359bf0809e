"""Parsing the DAGs reaches nothing but files, and imports little."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import boto3
import pytest

from tests.dags.conftest import DAGS, REPOSITORY

HEAVY = {
    *("indra", "pysb", "pybel", "numpy", "pandas", "networkx", "matplotlib", "scipy", "sympy"),
    *("moto", "tweepy", "emmaa_jobs", "infra", "lambdas"),
}
#: Packages that Airflow has imported before it parses a DAG file, and the Amazon provider's.
AIRFLOWS_OWN = """
import airflow.dag_processing.dagbag, airflow.providers.amazon.aws.operators.batch
"""
#: What else the DAGs may import, and how many modules in all: they need 177 now, the gate, the
#: announcement and the metrics of a round included. This is what keeps the folder's parsing
#: within 0.5 s; a benchmark measures the time.
PARSED_WITH = {"emmaa_airflow", "emmaa_cycle", "airflow"}
SETTINGS_WITH = {"pydantic", "pydantic_settings", "dotenv", "packaging"}
MOST_MODULES = 200


def test_parsing_reads_nothing_but_files(airflow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a DAG file reaches out while it is parsed")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(boto3, "client", refuse)
    monkeypatch.setattr(boto3.Session, "client", refuse)
    monkeypatch.setattr("airflow.utils.session.create_session", refuse)
    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert not bag.import_errors
    assert sorted(bag.dags) == DAGS


def test_parsing_imports_little_beyond_airflow() -> None:
    imported = parsed(f"{AIRFLOWS_OWN}\nbefore = set(sys.modules)")
    packages = {name.partition(".")[0] for name in imported}
    assert packages - sys.stdlib_module_names <= PARSED_WITH | SETTINGS_WITH
    assert len(imported) <= MOST_MODULES, sorted(imported)


def test_parsing_imports_nothing_heavy() -> None:
    imported = {name.partition(".")[0] for name in parsed("before = set()")}
    assert "emmaa_airflow" in imported
    assert not imported & HEAVY


def parsed(prepare: str) -> set[str]:
    """Return the modules that parsing imports, in a new process: this one has imported more.

    :param prepare: Python code that sets ``before``, the modules not to count
    """
    code = f"""
import importlib.util, pathlib, sys
{prepare}
for file in sorted(pathlib.Path("dags").glob("*.py")):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize("syntax", ["glob", "regexp"])
def test_airflow_takes_no_module_of_the_packages_for_a_plugin(syntax: str) -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(REPOSITORY / "plugins"), ".airflowignore", syntax)
    assert not [path for path in found if "/emmaa_" in path.removeprefix(str(REPOSITORY))]
