"""The INDRA DB on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import LocalService


@pytest.fixture
def db() -> IndraDbAnswers:
    """What the INDRA DB has, nothing to begin with."""
    return IndraDbAnswers()


@pytest.fixture
def db_service(db: IndraDbAnswers) -> Iterator[LocalService]:
    """The INDRA DB, as a web service."""
    with LocalService(db).running() as service:
        yield service
