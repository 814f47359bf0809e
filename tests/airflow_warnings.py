"""Airflow's own warnings, which are no errors in tests that run it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

_AIRFLOWS_OWN = (":DeprecationWarning:airflow", "GitWildMatchPattern:DeprecationWarning")


def let_airflow_warn(items: Iterable[pytest.Item], folder: Path) -> None:
    """Warnings stay errors in a folder's tests, but for what Airflow itself does.

    :param items: all tests that pytest has collected, those of other folders among them
    """
    for item in items:
        if folder in item.path.parents:
            for warning in _AIRFLOWS_OWN:
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{warning}"))
