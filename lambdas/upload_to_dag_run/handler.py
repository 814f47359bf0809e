"""The Lambda handler: starts a DAG run for each upload of an S3 event.

It tries every record and raises the errors at the end. Raising makes Lambda deliver the event
again. That is safe: a run's id is a function of the object, so the next delivery finds the runs
that were started (docs/uploads.md).
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.uploads import Upload
from lambdas.upload_to_dag_run.airflow_api import AirflowApi, start_run
from lambdas.upload_to_dag_run.connection import airflow_api
from lambdas.upload_to_dag_run.notes import upload_note
from lambdas.upload_to_dag_run.records import (
    Ignored,
    MalformedEventError,
    is_test_event,
    read_record,
    records_of,
)

#: The default of the setting ``uploads.key_days``, which the upload watch follows.
DEFAULT_KEY_DAYS = 30.0
#: The setting's largest value.
_LONGEST = 36500.0


class UploadsFailedError(RuntimeError):
    """The runs of some records could not be started; all other records were handled."""


@dataclass(frozen=True)
class Result:
    """The outcome of one record.

    :param outcome: ``started``, ``exists``, ``ignored``, ``malformed`` or ``failed``
    :param fields: the record's fields of the log line
    """

    outcome: str
    fields: dict[str, Any]
    error: Exception | None = None


def handler(event: Any, context: Any) -> dict[str, int]:
    """Start the runs of an S3 event's uploads.

    :param event: an S3 event notification
    :param context: Lambda's context, of which the request id is logged
    :returns: how many records had each outcome
    :raises UploadsFailedError: if Airflow did not start a run; all records were tried.
    :raises MalformedEventError: if S3 cannot have sent a record; all others were handled.
    :raises InputError: if the function's environment names no Airflow or an invalid age limit.
    """
    request_id = getattr(context, "aws_request_id", None)
    api, days = airflow_api(), _key_days()
    if is_test_event(event):
        _log(Result("ignored", {"reason": "s3:TestEvent"}), request_id=request_id)
        return {"ignored": 1}
    results = []
    for number, record in enumerate(records_of(event)):
        result = _handle(api, record, days)
        _log(result, record=number, request_id=request_id)
        results.append(result)
    _raise_errors(results)
    return dict(Counter(result.outcome for result in results))


def _key_days() -> float:
    """Return how many days older than its upload the date in a key may be.

    Read from the variable ``UPLOADS_KEY_DAYS``, which the deployment sets from
    ``uploads.key_days``, so that the function and the upload watch follow one rule.

    :raises InputError: if the variable is not a number of days.
    """
    text = os.environ.get("UPLOADS_KEY_DAYS", "").strip()
    if not text:
        return DEFAULT_KEY_DAYS
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 < days <= _LONGEST:
        raise InputError(
            f"UPLOADS_KEY_DAYS is {text!r}: set it to a number of days, more than 0 and at most"
            f" {_LONGEST:.0f}"
        )
    return days


def _handle(api: AirflowApi, record: Any, days: float) -> Result:
    try:
        found = read_record(record, days)
    except MalformedEventError as error:
        return Result("malformed", {"reason": str(error)}, error)
    fields: dict[str, Any] = {"bucket": found.bucket, "key": found.key}
    if isinstance(found, Ignored):
        return Result("ignored", fields | {"reason": found.reason})
    return _start(api, found, fields)


def _start(api: AirflowApi, upload: Upload, fields: dict[str, Any]) -> Result:
    fields |= {"etag": upload.etag, "dag_id": upload.dag_id, "run_id": upload.run_id}
    try:
        return Result(start_run(api, upload, upload_note(upload)).value, fields)
    except Exception as error:  # noqa: BLE001 - raised when all records were tried
        return Result("failed", fields | {"reason": f"{type(error).__name__}: {error}"}, error)


def _raise_errors(results: list[Result]) -> None:
    faulty = [(number, result) for number, result in enumerate(results) if result.error]
    if not faulty:
        return
    reasons = "; ".join(f"record {number}: {result.fields['reason']}" for number, result in faulty)
    message = f"{len(faulty)} of {len(results)} records could not be handled: {reasons}"
    failed = next((result.error for _, result in faulty if result.outcome == "failed"), None)
    if failed is not None:
        raise UploadsFailedError(message) from failed
    raise MalformedEventError(message)


def _log(result: Result, **context: Any) -> None:
    level = "ERROR" if result.error else "INFO"
    line = {"level": level, "outcome": result.outcome, **context, **result.fields}
    print(json.dumps(line), flush=True)
