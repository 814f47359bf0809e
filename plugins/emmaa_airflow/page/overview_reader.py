"""Reading all models' overviews: one listing, and the objects that changed since the last one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.page.bucket_fault import bucket_fault
from emmaa_airflow.page.s3_client import READERS
from emmaa_airflow.page.snapshot import ModelParts, Snapshot
from emmaa_airflow.page.statistics_reader import StatisticsReader
from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_cycle.overview.part import MAX_BYTES, Part, parse_part
from emmaa_cycle.s3_layout import MODELS, overview_prefix
from emmaa_cycle.stages import Stage

#: Models that are read before those that have been read are shown.
BATCH = 50
#: Parts that no row shows: each costs a request.
_NOT_SHOWN = (f"{Stage.TESTS}_", f"{Stage.MODEL_TO_TESTS}.")

logger = logging.getLogger(__name__)


class OverviewReader:
    """Reads the overview, and remembers what it has read by key and ETag.

    One thread at a time may call :meth:`read`.

    :param client: a boto3 S3 client whose pool has :data:`READERS` connections
    """

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client
        self._known: dict[str, tuple[str, Part | InputError]] = {}
        self._statistics = StatisticsReader(bucket, client)
        self._last: dict[str, ModelParts] = {}

    def read(self, publish: Callable[[Snapshot], None]) -> None:
        """Read what changed, and publish what is known after each batch of models.

        :raises BucketFaultError: if the bucket cannot be listed, or an object cannot be fetched
            although it is there.
        """
        at = datetime.now(UTC)
        try:
            listed = self._listing()
            models = {name: listed.get(name, {}) for name in sorted({*self._folders(), *listed})}
            with ThreadPoolExecutor(READERS, thread_name_prefix="emmaa-page") as pool:
                for shown in self._batches(models, pool):
                    publish(Snapshot(shown, at))
        except Exception as error:
            raise bucket_fault(error, self.bucket) from error

    def _batches(
        self, models: Mapping[str, Mapping[str, str]], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[ModelParts, ...]]:
        """Yield all models after each batch; those not read yet as they were last time."""
        unread = {name: ModelParts(name, is_read=False) for name in models}
        rows = {name: self._last.get(name, unread[name]) for name in models}
        self._known = {key: self._known[key] for key in _keys(models) if key in self._known}
        names = list(models)
        for start in range(0, max(len(names), 1), BATCH):
            batch = names[start : start + BATCH]
            changed = [
                (key, etag)
                for name in batch
                for key, etag in models[name].items()
                if key not in self._known or self._known[key][0] != etag
            ]
            for key, found in pool.map(self._fetch, changed):
                if found is None:  # removed since it was listed
                    self._known.pop(key, None)
                else:
                    self._known[key] = found
            rows.update(zip(batch, pool.map(lambda n: self._row(n, models[n]), batch), strict=True))
            self._last = rows
            yield tuple(rows.values())

    def _row(self, model: str, keys: Mapping[str, str]) -> ModelParts:
        parts, faults = dict[str, Part](), []
        for key in keys:
            if key not in self._known:
                continue
            found = self._known[key][1]
            if isinstance(found, Part):
                parts[found.scope] = found
            else:
                faults.append(f"{key}: {found}")
        row = ModelParts(model, parts, tuple(faults))
        if parts.keys() & {Stage.MM_UPDATE, Stage.MODEL_STATS}:
            return row
        older = self._statistics.read(model)
        return replace(row, parts={**older.parts, **parts}, faults=row.faults + older.faults)

    def _fetch(self, item: tuple[str, str]) -> tuple[str, tuple[str, Part | InputError] | None]:
        key, etag = item
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            if answer["ContentLength"] > MAX_BYTES:
                return key, (answer["ETag"], InputError(f"it has more than {MAX_BYTES} bytes"))
            return key, (answer["ETag"], _parsed(key, answer["Body"].read()))
        except Exception as error:
            if is_absent(error):
                return key, None
            if is_refused(error):  # archived, or denied: it costs itself
                return key, (etag, InputError(refusal(error)))
            raise

    def _listing(self) -> dict[str, dict[str, str]]:
        """Return the ETags of all parts that rows show, by model and key."""
        found: dict[str, dict[str, str]] = {}
        prefix = overview_prefix()
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for item in page.get("Contents", []):
                model, _, name = item["Key"].removeprefix(prefix).partition("/")
                if name.endswith(".json") and not name.startswith(_NOT_SHOWN) and _is_model(model):
                    found.setdefault(model, {})[item["Key"]] = item["ETag"]
        return found

    def _folders(self) -> Sequence[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=MODELS, Delimiter="/"
        )
        folders = (item["Prefix"] for page in pages for item in page.get("CommonPrefixes", []))
        names = (folder.removeprefix(MODELS).removesuffix("/") for folder in folders)
        return [name for name in names if _is_model(name)]


def _keys(models: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for keys in models.values():
        yield from keys


def _parsed(key: str, content: bytes) -> Part | InputError:
    try:
        part = parse_part(content)
        if part.key != key:
            raise InputError(f"it says that it is {part.key}")
    except InputError as error:
        logger.warning("The overview object %s cannot be used: %s", key, error)
        return error
    return part


def _is_model(name: str) -> bool:
    try:
        check_name("model", name)
    except InputError:
        return False
    return True
