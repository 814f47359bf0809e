"""The browser of the tests: Chromium or Chrome, where one is installed."""

from __future__ import annotations

import pytest

from emmaa_cycle.errors import InputError
from infra.local import screenshots

FLAGS = list(screenshots.FLAGS)


def browser_program() -> str:
    """Return the browser; skip the test without one, unless ``EMMAA_BROWSER`` names one."""
    try:
        return screenshots.browser_program()
    except InputError as error:
        return pytest.skip(str(error))
