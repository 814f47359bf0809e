"""Starting a DAG run through Airflow's REST API, independent of the transport."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from emmaa_cycle.uploads import Upload

_DETAIL_CHARACTERS = 500
_CONFLICT = 409


class AirflowError(RuntimeError):
    """Airflow is unreachable or did not start the run; a retry may succeed."""


@dataclass(frozen=True)
class Answer:
    """A response of Airflow's REST API.

    :param status: the HTTP status
    :param body: the JSON document, or the text where it is not JSON
    """

    status: int
    body: Any


class AirflowApi(Protocol):
    """A client of Airflow's REST API."""

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Post a JSON document.

        :param path: the part of the path after ``/api/v2``
        :raises AirflowError: if there is no response.
        """
        ...


class Started(StrEnum):
    """The result of a request: the run was started, or existed already."""

    STARTED = "started"
    EXISTS = "exists"


def start_run(api: AirflowApi, upload: Upload, note: str) -> Started:
    """Make sure that the upload's run exists.

    :param note: the note that the UI shows with a new run
    :returns: ``EXISTS`` if an earlier delivery of the event, or the upload watch, started it
    :raises AirflowError: if it is not certain that the run exists.
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
        # A proxy or login page that answers 200 must not pass for Airflow.
        raise AirflowError(
            f"the answer to a run of {upload.dag_id} does not name the run, so it is not"
            f" Airflow's: {str(answer.body)[:_DETAIL_CHARACTERS]}"
        )
    return Started.STARTED
