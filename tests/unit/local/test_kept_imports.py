"""A demo's Airflow imports once what its DAGs import."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from infra.local.stack.kept_imports import keep_imports
from infra.local.stack.layout import REPOSITORY

PROGRAM = """
import json, sys, threading
import airflow.settings
airflow.settings.initialize()
print(json.dumps([sorted(sys.modules), threading.active_count()]))
"""


def imported_by_dags() -> set[str]:
    """Return the project's modules that DAG files import."""
    found = set()
    for file in (REPOSITORY / "dags").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("emmaa_"):
                found.add(node.module or "")
    return found


def test_all_that_dags_import_is_there_before_they_are_read(tmp_path: Path) -> None:
    variables = keep_imports(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **variables,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    modules, threads = json.loads(done.stdout.splitlines()[-1])

    assert len(imported_by_dags()) > 10
    assert imported_by_dags() <= set(modules)
    assert threads == 1, "a fork loses threads"
