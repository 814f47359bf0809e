"""The run that the upload of a job's result starts."""

from __future__ import annotations

from typing import TypedDict

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.runs.page_urls import run_address
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import STAGES, Stage
from emmaa_cycle.uploads import UploadKind


class Makes(TypedDict):
    """The upload that a job will make, as far as it is known in advance; a trigger's argument.

    :param kind: an :class:`~emmaa_cycle.uploads.UploadKind`
    :param since: the ``<dt>`` of the upload, or the earliest it can have
    """

    kind: str
    model: str
    since: str


def upload_of(stage: Stage, model: str, date: str) -> Makes | None:
    """Return the upload by a stage's job that starts a run; None if it makes no such upload."""
    kind = STAGES[stage].starts
    return Makes(kind=str(kind), model=model, since=date) if kind and date else None


def following_run(makes: Makes) -> str:
    """Return the address of the run that the upload has started; empty if there is no upload.

    This repository's jobs upload an object with the planned date. The existing image chooses a
    later date itself, so there the newest object counts. Blocks: a trigger must call it in a
    thread.
    """
    settings = load_settings()
    kind, model, since = UploadKind(makes["kind"]), makes["model"], makes["since"]
    uploads = [upload for upload, _ in BucketReader.of(settings).uploads_since(kind, model, since)]
    if settings.launcher.image == "own":
        uploads = [upload for upload in uploads if upload.round_date == since]
    return run_address(uploads[-1].dag_id, uploads[-1].run_id) if uploads else ""
