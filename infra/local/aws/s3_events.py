"""S3 event notifications with the records that AWS sends.

moto's lack fields, and encode the slashes of a key. Amazon S3 user guide, "Event message
structure".
"""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from moto.s3 import notifications

_sequence = itertools.count(time.time_ns())


def s3_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    """Return the event of one object.

    :param event_name: as ``s3:ObjectCreated:Put``
    :param bucket: moto's bucket
    :param key: moto's object
    """
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": stamp,
        "eventName": event_name.removeprefix("s3:"),
        "userIdentity": {"principalId": "AWS:LOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": notification_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": "LOCAL"},
                "arn": bucket.arn,
            },
            "object": _object(bucket, key),
        },
    }
    return {"Records": [record]}


def _object(bucket: Any, key: Any) -> dict[str, Any]:
    described = {
        "key": quote_plus(key.name, safe="/"),
        "size": key.size,
        "eTag": key.etag.strip('"'),
        "sequencer": f"{next(_sequence):016X}",
    }
    return described | ({"versionId": key.version_id} if bucket.is_versioned else {})


def install() -> None:
    """Make moto send these events, and one for an upload of several parts."""
    from moto.s3.models import S3Backend

    notifications._get_s3_event = s3_event
    put_object = S3Backend.put_object

    def put_once(self: S3Backend, *args: Any, **options: Any) -> Any:
        # Completing an upload of several parts is a separate event. moto stores the whole by
        # a put and reports that, too.
        if options.get("multipart") is not None:
            options["disable_notification"] = True
        return put_object(self, *args, **options)

    S3Backend.put_object = put_once  # type: ignore[method-assign]
