"""The simulated deployments; Airflow's environment is set before it is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.airflow_home import use_own_airflow

use_own_airflow()

_AIRFLOWS_OWN = (":DeprecationWarning:airflow", "GitWildMatchPattern:DeprecationWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings are errors, but for what Airflow itself does."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for warning in _AIRFLOWS_OWN:
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{warning}"))
