"""A home of Airflow's for the tests alone; to be set before Airflow is imported."""

from __future__ import annotations

import atexit
import os
import tempfile


def use_own_airflow() -> None:
    """Point Airflow at an empty home, unless another test has done it."""
    if os.environ.get("AIRFLOW_HOME", "").startswith(tempfile.gettempdir()):
        return
    home = tempfile.TemporaryDirectory(prefix="emmaa-faults-")
    atexit.register(home.cleanup)
    os.environ |= {
        "AIRFLOW_HOME": home.name,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "regexp",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
