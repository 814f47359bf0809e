"""The rules that only ask AWS are read without Airflow, which takes seconds to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra.local.stack.layout import REPOSITORY

SCRIPT = """
import importlib, sys
importlib.import_module(sys.argv[1])
sys.exit("airflow" in sys.modules or "boto3" in sys.modules)
"""


@pytest.mark.parametrize(
    "module",
    [
        "emmaa_airflow.batch.submission",
        "emmaa_airflow.aws.bucket_reader",
        "emmaa_airflow.reporting.notifiers",
        "emmaa_airflow.triggers.clients",
        "emmaa_airflow.triggers.poller",
    ],
)
def test_a_rule_is_read_without_airflow(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module], cwd=REPOSITORY, env={}, check=False
    )
    assert done.returncode == 0
