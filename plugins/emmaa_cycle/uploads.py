"""Uploaded S3 objects and the DAG runs that they start.

The run id is a pure function of bucket, key and ETag. The Lambda function and the upload watch
compute the same id, so the second one finds an existing run. This module needs only the standard
library, because it is part of the Lambda function's package.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from emmaa_cycle.dates import ROUND_PATTERN, parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_cycle.origin import Origin


class UploadKind(StrEnum):
    """The uploads that start a run."""

    MODEL = "model"
    MODEL_MANAGER = "model_manager"


#: The DAG that each kind of upload starts.
DAG_IDS = {
    UploadKind.MODEL: "emmaa_mm_update",
    UploadKind.MODEL_MANAGER: "emmaa_after_update",
}

# ``.pkl`` is what the original's image writes; this repository's jobs write ``.json.gz``.
_KEYS = {
    UploadKind.MODEL: re.compile(
        rf"models/(?P<model>[^/]+)/model_(?P<date>{ROUND_PATTERN})(\.json\.gz|\.pkl)"
    ),
    UploadKind.MODEL_MANAGER: re.compile(
        rf"results/(?P<model>[^/]+)/model_manager_(?P<date>{ROUND_PATTERN})(\.json\.gz|\.pkl)"
    ),
}


@dataclass(frozen=True)
class Upload:
    """An uploaded object that starts a run.

    :param bucket: the bucket's name
    :param key: the decoded S3 key
    :param etag: the object's ETag, without quotes
    :param restored: how often this content returned to the key after other content
    """

    bucket: str
    key: str
    etag: str
    kind: UploadKind
    model: str
    round_date: str
    restored: int = 0

    @property
    def dag_id(self) -> str:
        """The DAG to start."""
        return DAG_IDS[self.kind]

    @property
    def run_id(self) -> str:
        """The run's id: readable, safe for Airflow, and the same for a repeated event.

        Restored content has a new id, because other content has had a run since the run of its
        first upload.
        """
        readable = re.sub(r"[^A-Za-z0-9_.~-]", "_", self.model).replace("..", "__")
        again = (str(self.restored),) if self.restored else ()
        identity = "\n".join((self.bucket, self.key, self.etag, *again))
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        return f"upload__{readable}__{self.round_date}__{digest}"

    def note(self, made_by: Origin | None = None) -> str:
        """Return the note of the run that this starts: model, round, and maker of the upload.

        :param made_by: the object's origin; None if it is not known
        """
        if made_by is None:
            return f"Upload of {self.model}, round {self.round_date}"
        run = f"run {made_by.run_id} of {made_by.dag_id}" if made_by.run_id else "no run"
        return f"Upload of {self.model}, round {self.round_date}, made by {run}"

    @property
    def conf(self) -> dict[str, str]:
        """The run's conf, for the params of its DAG."""
        return {
            "model": self.model,
            "date": self.round_date,
            "bucket": self.bucket,
            "key": self.key,
            "etag": self.etag,
        }


def restorations(etags: Sequence[str]) -> int:
    """Count how often a key's newest content returned after other content.

    :param etags: the ETags of the key's versions, oldest first; the same content written twice in
        a row counts once
    """
    contents = [etag for etag, _ in groupby(etags)]
    return max(contents.count(contents[-1]) - 1, 0) if contents else 0


def is_history(upload: Upload, uploaded_at: datetime, key_days: float) -> bool:
    """Return whether an upload only rewrites an old round and starts nothing.

    Copying a bucket, or changing its storage class or encryption, uploads every past round again.
    The keys keep the dates of the rounds' planning.

    :param uploaded_at: when S3 stored the object, UTC
    :param key_days: how many days older than the upload the date in its key may be
        (``uploads.key_days`` of the settings)
    """
    return parse_round(upload.round_date) < uploaded_at - timedelta(days=key_days)


def parse_upload(bucket: str, key: str, etag: str) -> Upload | None:
    """Recognise an upload by its decoded key.

    :returns: None if it is not the key of a model or a model manager, so that it starts no run.
    """
    for kind, pattern in _KEYS.items():
        match = pattern.fullmatch(key)
        if match is None:
            continue
        try:
            parse_round(match["date"])
            model = check_name("model", match["model"])
        except InputError:
            return None
        return Upload(bucket, key, etag.strip('"'), kind, model, match["date"])
    return None
