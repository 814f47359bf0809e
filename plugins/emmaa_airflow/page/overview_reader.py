"""Reading all models' overviews: what changed since the last time, and as little as that takes.

The combined objects come first: one listing of a thousand keys, and one request a model, show all
models. Then a listing of the parts themselves says which of these copies are not current.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.page.bucket_fault import bucket_fault
from emmaa_airflow.page.listings import Listings
from emmaa_airflow.page.pace import Pace
from emmaa_airflow.page.s3_client import READERS
from emmaa_airflow.page.snapshot import ModelParts, Snapshot
from emmaa_airflow.page.statistics_reader import StatisticsReader
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.combined import MAX_COMBINED_BYTES, Kept, kept_part, parse_combined
from emmaa_cycle.overview.part import MAX_BYTES, Part, parse_part
from emmaa_cycle.s3_layout import combined_key
from emmaa_cycle.stages import Stage

T = TypeVar("T")
R = TypeVar("R")
#: Models that are read before those that have been read are shown.
BATCH = 50

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unusable:
    """An object of this ETag cannot be used, and why."""

    etag: str
    reason: str


class OverviewReader:
    """Reads the overview, and remembers what it has read by key and ETag.

    One thread at a time may call :meth:`read`.

    :param client: a boto3 S3 client whose pool has :data:`READERS` connections
    """

    def __init__(self, bucket: str, client: Any, pace: Pace | None = None) -> None:
        self.bucket = bucket
        self.client = client
        self._pace = pace or Pace()
        self._listings = Listings(bucket, client, self._pace)
        self._statistics = StatisticsReader(bucket, client)
        #: What was read of each model, by key.
        self._known: dict[str, dict[str, Kept | Unusable]] = {}
        #: The combined objects that were read, by model.
        self._combined: dict[str, str] = {}
        self._rows: dict[str, ModelParts] = {}

    def read(self, publish: Callable[[Snapshot], None]) -> None:
        """Read what changed, and publish what is known after each batch of models.

        :raises BucketFaultError: if the bucket cannot be listed, or an object cannot be fetched
            although it is there.
        """
        at = datetime.now(UTC)
        self._set_pace()
        try:
            folders, combined = self._listings.folders(), self._listings.combined()
            self._keep({*folders, *combined, *self._rows})
            with ThreadPoolExecutor(READERS, thread_name_prefix="emmaa-page") as pool:
                for news in self._read_combined(combined, pool):
                    if news:
                        publish(Snapshot(tuple(self._rows.values()), at))
                self._set_pace()
                parts = self._listings.parts()
                self._keep({*folders, *parts})
                for _ in self._read_parts(parts, pool):
                    publish(Snapshot(tuple(self._rows.values()), at))
        except Exception as error:
            raise bucket_fault(error, self.bucket) from error

    def _set_pace(self) -> None:
        """Take time for what is not waited for: all that there is to show is shown."""
        self._pace.is_on = bool(self._rows) and all(row.is_read for row in self._rows.values())

    def _keep(self, models: Collection[str]) -> None:
        """Forget all other models; those that are new are not read yet."""
        names = sorted(models)
        self._rows = {name: self._rows.get(name, ModelParts(name, is_read=False)) for name in names}
        self._known = {name: self._known.get(name, {}) for name in names}
        self._combined = {name: etag for name, etag in self._combined.items() if name in models}

    def _read_combined(
        self, combined: Mapping[str, str], pool: ThreadPoolExecutor
    ) -> Iterator[bool]:
        """Read the combined objects that changed.

        Yields after each batch whether models are shown that were not before: a copy of what is
        known already may be an old one, so it has to wait for the listing of the parts.
        """
        changed = [
            name
            for name, etag in combined.items()
            if name in self._rows and self._combined.get(name) != etag
        ]
        found = pool.map(self._paced(self._copies), changed)
        for batch in _batches(changed):
            for name, copies in zip(batch, found, strict=False):  # the rest is of later batches
                self._known[name].update(copies)
                self._combined[name] = combined[name]
            news = [name for name in batch if not self._rows[name].is_read and self._known[name]]
            self._rows.update({name: self._row(name) for name in news})
            yield bool(news)

    def _read_parts(
        self, parts: Mapping[str, Mapping[str, str]], pool: ThreadPoolExecutor
    ) -> Iterator[None]:
        """Read the parts that changed; yield after each batch of models."""
        for name, known in self._known.items():
            etags = parts.get(name, {})
            self._known[name] = {
                key: found for key, found in known.items() if etags.get(key) == found.etag
            }
        for batch in _batches(list(self._rows)):
            changed = [
                (name, key, etag)
                for name in batch
                for key, etag in parts.get(name, {}).items()
                if key not in self._known[name]
            ]
            fetched = pool.map(self._paced(self._fetch), changed)
            for (name, key, _), found in zip(changed, fetched, strict=True):
                if found is not None:  # else it was removed since it was listed
                    self._known[name][key] = found
            rows = pool.map(self._paced(self._whole_row), batch)
            self._rows.update(zip(batch, rows, strict=True))
            if changed or batch[-1:] == list(self._rows)[-1:]:
                yield

    def _paced(self, work: Callable[[T], R]) -> Callable[[T], R]:
        def step(item: T) -> R:
            with self._pace.step():
                return work(item)

        return step

    def _row(self, model: str) -> ModelParts:
        known = self._known[model]
        kept = [found for found in known.values() if isinstance(found, Kept)]
        return ModelParts(
            model,
            {found.part.scope: found.part for found in kept},
            {found.part.scope: found.spent for found in kept},
            tuple(
                f"{key}: {found.reason}"
                for key, found in known.items()
                if isinstance(found, Unusable)
            ),
        )

    def _whole_row(self, model: str) -> ModelParts:
        """Return a model's row, with the statistics of one that has no overview."""
        row = self._row(model)
        if row.parts.keys() & {Stage.MM_UPDATE, Stage.MODEL_STATS}:
            return row
        older = self._statistics.read(model)
        parts = {**older.parts, **row.parts}
        return replace(row, parts=parts, faults=row.faults + older.faults, config=older.config)

    def _copies(self, model: str) -> dict[str, Kept]:
        """Return the copies in a model's combined object, by the keys of the parts.

        An unusable combined object costs only time: each part is also stored separately.
        """
        key = combined_key(model)
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            if answer["ContentLength"] > MAX_COMBINED_BYTES:
                raise InputError(f"it has more than {MAX_COMBINED_BYTES >> 20} MB")
            combined = parse_combined(model, answer["Body"].read())
            return {kept.part.key: kept for kept in combined.parts.values()}
        except InputError as error:
            logger.warning("The overview object %s cannot be used: %s", key, error)
            return {}
        except Exception as error:
            if is_absent(error) or is_refused(error):
                return {}
            raise

    def _fetch(self, item: tuple[str, str, str]) -> Kept | Unusable | None:
        _, key, etag = item
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            etag = answer["ETag"]
            if answer["ContentLength"] > MAX_BYTES:
                return Unusable(etag, f"it has more than {MAX_BYTES} bytes")
            return kept_part(_parsed(key, answer["Body"].read()), etag)
        except InputError as error:
            logger.warning("The overview object %s cannot be used: %s", key, error)
            return Unusable(etag, str(error))
        except Exception as error:
            if is_absent(error):
                return None
            if is_refused(error):  # archived, or denied: it costs itself
                return Unusable(etag, refusal(error))
            raise


def _parsed(key: str, content: bytes) -> Part:
    part = parse_part(content)
    if part.key != key:
        raise InputError(f"it says that it is {part.key}")
    return part


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, max(len(names), 1), BATCH):
        yield names[start : start + BATCH]
