"""The simulated deployments; Airflow's environment is set before it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.airflow_warnings import let_airflow_warn
from tests.faults.airflow_home import use_own_airflow

use_own_airflow()

if TYPE_CHECKING:
    from tests.faults.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    let_airflow_warn(items, Path(__file__).parent)


@pytest.fixture
def world() -> Iterator[World]:
    """Return a world without faults, in which nothing has begun."""
    from tests.faults.weather import Weather
    from tests.faults.world import World

    found = World(1)
    found.weather = Weather(found.rng)
    yield found
    found.loop.end()
