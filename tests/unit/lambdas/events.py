"""S3 events as S3 writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

SAMPLES = Path(__file__).parents[3] / "lambdas" / "upload_to_dag_run" / "events"
DATE = "2026-03-02-17-04-08"


def record(key: str, *, etag: str | None = "9b2cf535", bucket: str = "emmaa") -> dict[str, Any]:
    """One ``ObjectCreated`` record; the key is encoded as S3 does it."""
    found = {"key": quote_plus(key, safe="/"), "size": 5}
    if etag is not None:
        found["eTag"] = etag
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": found},
    }


def model_record(model: str = "rasmodel", **kwargs: Any) -> dict[str, Any]:
    """Return the upload of a model."""
    return record(f"models/{model}/model_{DATE}.json.gz", **kwargs)


def event(*records: Any) -> dict[str, Any]:
    """Return an event of these records."""
    return {"Records": list(records)}


def sample(name: str) -> Any:
    """One of the function's sample events."""
    return json.loads((SAMPLES / f"{name}.json").read_text())
