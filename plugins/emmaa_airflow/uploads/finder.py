"""Uploads whose runs are missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_refused
from emmaa_cycle.daily import RunRequest
from emmaa_cycle.dates import format_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.settings_sections import Uploads
from emmaa_cycle.uploads import Upload, UploadKind, is_history, restorations

logger = logging.getLogger(__name__)


class UploadFinder:
    """Finds the runs that upload events should have started and have not.

    It remembers existing runs, so that it only lists the bucket while there are no uploads.

    :param missing_runs: returns those of a DAG's run ids that have no run
    """

    def __init__(
        self,
        reader: BucketReader,
        settings: Uploads,
        missing_runs: Callable[[str, Sequence[str]], list[str]],
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._missing_runs = missing_runs
        self._known: set[str] = set()
        self._restorations: dict[tuple[str, str, datetime], int] = {}

    def missing(self, now: datetime) -> list[RunRequest]:
        """Return the runs to start, those of older models first."""
        by_id = {upload.run_id: upload for upload in self._due(now)}
        self._known &= by_id.keys()  # forget runs outside the window
        requests: list[RunRequest] = []
        for kind in UploadKind:
            new = [i for i, u in by_id.items() if u.kind is kind and i not in self._known]
            missing = set(self._missing_runs(by_id[new[0]].dag_id, new)) if new else set()
            self._known.update(set(new) - missing)
            requests += [self._request(by_id[run_id]) for run_id in new if run_id in missing]
        return requests

    def _request(self, upload: Upload) -> RunRequest:
        try:
            note = upload.note(self._reader.origin(upload.key))
        except (InputError, ClientError, BotoCoreError):  # a missing note must not prevent a run
            note = upload.note()
        return RunRequest(upload.dag_id, upload.run_id, upload.conf, note)

    def _due(self, now: datetime) -> Iterator[Upload]:
        """Return the uploads that should have a run by now."""
        settings = self._settings
        lookback = timedelta(hours=settings.lookback_hours)
        since = format_round(now - lookback - timedelta(days=settings.key_days))
        grace = settings.grace_seconds if settings.trigger == "lambda" else 0
        window = max(settings.not_before, now - lookback), now - timedelta(seconds=grace)
        for model in self._reader.models():
            for kind in UploadKind:
                yield from self._of_model(kind, model, since, window)

    def _of_model(
        self, kind: UploadKind, model: str, since: str, window: tuple[datetime, datetime]
    ) -> Iterator[Upload]:
        earliest, latest = window
        try:
            for upload, uploaded_at in self._reader.uploads_since(kind, model, since):
                old = is_history(upload, uploaded_at, self._settings.key_days)
                if earliest <= uploaded_at <= latest and not old:
                    yield replace(upload, restored=self._restored(upload, uploaded_at))
        except (InputError, ClientError) as error:
            # Its name is invalid, or S3 refuses to list it: watch the other models.
            if isinstance(error, ClientError) and not is_refused(error):
                raise
            logger.warning("The %ss of model %r are not watched: %s", kind, model, error)

    def _restored(self, upload: Upload, uploaded_at: datetime) -> int:
        """Return how often the object's content was restored, by one S3 call per upload."""
        known = self._restorations.get((upload.key, upload.etag, uploaded_at))
        if known is None:
            known = restorations_of(self._reader, upload.key)
            self._restorations[upload.key, upload.etag, uploaded_at] = known
        return known


def restorations_of(reader: BucketReader, key: str) -> int:
    """Count how often an object's content returned after other content.

    It is 0, with a warning, if S3 does not list its versions: then restored content starts no run.
    """
    try:
        return restorations(reader.version_etags(key))
    except ClientError as error:
        logger.warning(
            "The versions of %s cannot be listed, so a restored one starts no run: %s"
            " (Airflow's role needs s3:ListBucketVersions)",
            *(key, error),
        )
        return 0
