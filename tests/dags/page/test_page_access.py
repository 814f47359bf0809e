"""Access to the EMMAA page, asked of Airflow's own API server below a base path."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack.layout import REPOSITORY
from tests.dags.page.access_probe import BASE, MANAGERS, PATHS


@pytest.fixture(scope="module", params=sorted(MANAGERS))
def probed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "fab" and importlib.util.find_spec("airflow.providers.fab") is None:
        pytest.skip("the FAB provider is not installed: make mwaa-check has it")
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")
    }
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "regexp",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests " * 4,
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("access_probe.py")), request.param],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("nobody", 401),
        ("junk", 403),
        ("without rights", 403),
        ("viewer", 503),  # they may; there is nothing to show in this test
        ("viewer by cookie", 503),
        ("admin", 503),
    ],
)
def test_who_may_see_the_runs_may_see_each_page(probed: Any, person: str, status: int) -> None:
    assert dict(zip(PATHS, probed["answers"][person], strict=True)) == dict.fromkeys(PATHS, status)


def test_the_frame_is_found_below_the_base_path(probed: Any) -> None:
    assert probed["static"] == 200
    assert probed["bundles"] == [f"{BASE}/emmaa/static/frame.js"] * 2
