"""The cycle without settings from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from emmaa_cycle.settings import load_settings


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variables of this machine, and no settings kept from test to test."""
    for name in list(os.environ):
        if name.startswith("EMMAA_"):
            monkeypatch.delenv(name)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()
