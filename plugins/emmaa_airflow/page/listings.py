"""Listings of the bucket: which models there are, and which objects the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emmaa_airflow.page.pace import Pace
from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_cycle.s3_layout import MODELS, combined_prefix, overview_prefix


class Listings:
    """Lists one bucket. Each call costs one request for a thousand keys."""

    def __init__(self, bucket: str, client: Any, pace: Pace) -> None:
        self._bucket = bucket
        self._client = client
        self._pace = pace

    def folders(self) -> list[str]:
        """Return the models that have a folder, and so may have a config."""
        folders = (item["Prefix"] for item in self._items("CommonPrefixes", MODELS, Delimiter="/"))
        names = (folder.removeprefix(MODELS).removesuffix("/") for folder in folders)
        return [name for name in names if is_model(name)]

    def combined(self) -> dict[str, str]:
        """Return the ETags of the combined overviews, by model."""
        prefix = combined_prefix()
        found = {
            item["Key"].removeprefix(prefix).removesuffix(".json"): item["ETag"]
            for item in self._items("Contents", prefix)
            if item["Key"].endswith(".json")
        }
        return {model: etag for model, etag in found.items() if is_model(model)}

    def parts(self) -> dict[str, dict[str, str]]:
        """Return the ETags of the overviews' parts, by model and key."""
        found: dict[str, dict[str, str]] = {}
        prefix = overview_prefix()
        for item in self._items("Contents", prefix):
            model, _, name = item["Key"].removeprefix(prefix).partition("/")
            if name.endswith(".json") and is_model(model):
                found.setdefault(model, {})[item["Key"]] = item["ETag"]
        return found

    def _items(self, kind: str, prefix: str, **options: str) -> Iterator[dict[str, Any]]:
        paginator = self._client.get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self._bucket, Prefix=prefix, **options))
        while True:
            with self._pace.step():
                page = next(pages, None)
            if page is None:
                return
            yield from page.get(kind, [])


def is_model(name: str) -> bool:
    """Return whether a model may have this name."""
    try:
        check_name("model", name)
    except InputError:
        return False
    return True
