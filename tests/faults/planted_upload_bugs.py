"""Bugs of the upload function and the upload watch, put back on purpose."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_airflow.uploads import finder
from emmaa_airflow.uploads.finder import UploadFinder
from emmaa_cycle.uploads import Upload
from lambdas.upload_to_dag_run import airflow_api, handler
from tests.faults import deployment

Patch = pytest.MonkeyPatch


def conflict_is_an_error(patch: Patch) -> None:
    """Fail the function when the run exists already."""
    patch.setattr(airflow_api, "_CONFLICT", 0)


def random_run_ids(patch: Patch) -> None:
    """Make a run for each delivery of an event."""

    def start(api: airflow_api.AirflowApi, upload: Upload, note: str) -> airflow_api.Started:
        other: Any = SimpleNamespace(
            dag_id=upload.dag_id, run_id=f"upload__{uuid.uuid4().hex}", conf=upload.conf
        )
        return airflow_api.start_run(api, other, note)

    patch.setattr(handler, "start_run", start)


def no_repair(patch: Patch) -> None:
    """Ignore uploads whose event was lost."""
    patch.setattr(UploadFinder, "missing", lambda *_: [])


def old_rounds_are_lost(patch: Patch) -> None:
    """Take an upload for as old as its key's date, so that the watch misses one of last week."""
    patch.setitem(deployment.SETTINGS, "EMMAA_UPLOADS__KEY_DAYS", "2")


def restored_is_known(patch: Patch) -> None:
    """Take restored content for its first upload."""
    patch.setattr(finder, "restorations", lambda _: 0)


def twice_is_restored(patch: Patch) -> None:
    """Count content written twice in a row as restored."""

    def restorations(etags: Sequence[str]) -> int:
        return etags.count(etags[-1]) - 1 if etags else 0

    patch.setattr(finder, "restorations", restorations)


def history_counts(patch: Patch) -> None:
    """Start a run for an upload of a round of last year."""
    patch.setattr("emmaa_airflow.uploads.finder.is_history", lambda *_: False)
    patch.setattr("lambdas.upload_to_dag_run.records.is_history", lambda *_: False)
