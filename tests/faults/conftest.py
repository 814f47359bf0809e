"""The simulated deployments; Airflow's environment is set before it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.airflow_home import use_own_airflow

use_own_airflow()

if TYPE_CHECKING:
    from tests.faults.world import World

_AIRFLOWS_OWN = (":DeprecationWarning:airflow", "GitWildMatchPattern:DeprecationWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings are errors, but for what Airflow itself does."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for warning in _AIRFLOWS_OWN:
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{warning}"))


@pytest.fixture
def world() -> Iterator[World]:
    """A world without faults, in which nothing has begun."""
    from tests.faults.weather import Weather
    from tests.faults.world import World

    found = World(1)
    found.weather = Weather(found.rng)
    yield found
    found.loop.end()
