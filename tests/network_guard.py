"""Keeps tests on this machine: ``from tests.network_guard import no_network`` in a conftest.

Importing it refuses all network use of this process for good. The fixture ``no_network``, which
every test has, fails a test that tried, also where the code under test swallowed the refusal.
For subprocesses see ``infra/local/network_guard/sitecustomize.py``. Tests must
not see the developer's proxies and AWS account: the variables that name them are removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.network_guard import emmaa_network_guard

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_USERS_OWN = (
    *_PROXIES,
    *map(str.upper, _PROXIES),
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
)

_attempts: list[str] = []

for _variable in _USERS_OWN:
    os.environ.pop(_variable, None)

emmaa_network_guard.install(_attempts.append)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail the test if it, or a fixture before it, tried to leave this machine."""
    yield
    attempts = _attempts[:]
    _attempts.clear()
    if attempts:
        pytest.fail(
            "tests may use no network but this machine's loopback:\n" + "\n".join(attempts),
            pytrace=False,
        )


@contextmanager
def expected_attempts() -> Iterator[list[str]]:
    """Let attempts happen, still refused, and give them to a test of the guard itself."""
    seen: list[str] = []
    try:
        yield seen
    finally:
        seen += _attempts
        _attempts.clear()
