"""Starting a DAG run by Airflow's REST API, over whatever carries the request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from emmaa_cycle.uploads import Upload

_DETAIL_CHARACTERS = 500
_CONFLICT = 409


class AirflowError(RuntimeError):
    """Airflow is out of reach, or did not do what was asked: worth another try."""


@dataclass(frozen=True)
class Answer:
    """An answer of Airflow's REST API.

    :param status: the HTTP status
    :param body: the JSON document, or the text where it is not JSON
    """

    status: int
    body: Any


class AirflowApi(Protocol):
    """A way to Airflow's REST API."""

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Post a JSON document.

        :param path: what follows ``/api/v2``
        :raises AirflowError: if there is no answer.
        """
        ...


class Started(StrEnum):
    """Result of a request: the run was started, or existed."""

    STARTED = "started"
    EXISTS = "exists"


def start_run(api: AirflowApi, upload: Upload, note: str) -> Started:
    """Make sure that the upload's run exists.

    :param note: what the UI shows beside a new run
    :returns: ``EXISTS`` if an earlier delivery of the event, or the upload watch, started it
    :raises AirflowError: if it is not certain that the run is there.
    """
    body = {
        "dag_run_id": upload.run_id,
        "logical_date": None,
        "conf": upload.conf,
        "note": note,
    }
    answer = api.post(f"/dags/{upload.dag_id}/dagRuns", body)
    if answer.status == _CONFLICT:
        return Started.EXISTS
    if answer.status // 100 != 2:
        raise AirflowError(
            f"Airflow answered HTTP {answer.status} to a run of {upload.dag_id}:"
            f" {str(answer.body)[:_DETAIL_CHARACTERS]}"
        )
    if not isinstance(answer.body, dict) or answer.body.get("dag_run_id") != upload.run_id:
        # A proxy's or login page's 200 must not pass for a run.
        raise AirflowError(
            f"the answer to a run of {upload.dag_id} does not name the run, so it is not"
            f" Airflow's: {str(answer.body)[:_DETAIL_CHARACTERS]}"
        )
    return Started.STARTED
