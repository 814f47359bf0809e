"""Collects what a job leaves out: logged, counted, stored, and compared with the round before."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import (
    LeftOut,
    LeftOutReport,
    left_out_document,
    left_out_report,
    left_out_summary,
    parse_left_out,
)
from emmaa_cycle.s3_layout import left_out_key, left_out_prefix
from emmaa_jobs.bucket import Bucket

logger = logging.getLogger(__name__)

#: Warnings per job; the stored list has the rest.
MAX_LOGGED = 100


class LeftOutList:
    """The items that one job left out, each once, in order."""

    def __init__(self) -> None:
        self._items: dict[str, LeftOut] = {}

    def __iter__(self) -> Iterator[LeftOut]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def add(self, kind: str, item: str, reason: str, where: str = "") -> None:
        """Note one thing that is left out, and log one warning.

        :param kind: one of :data:`emmaa_cycle.left_out.KINDS`
        :param item: its name for people; the same in each round, or operators get it each time
        :param where: the S3 key, source, model type or corpus that it belongs to
        """
        left_out = LeftOut(kind, item, reason, where)
        if left_out.identity in self._items:
            return
        self._items[left_out.identity] = left_out
        if len(self) <= MAX_LOGGED:
            place = f" ({left_out.where})" if left_out.where else ""
            logger.warning("left out: %s %s%s: %s", kind, left_out.item, place, left_out.reason)
        elif len(self) == MAX_LOGGED + 1:
            logger.warning("more is left out, without a line for each")

    def extend(self, items: Iterable[LeftOut]) -> None:
        """Take over what another list has."""
        for item in items:
            self.add(item.kind, item.item, item.reason, item.where)

    @property
    def counts(self) -> dict[str, int]:
        """The number of items of each kind."""
        return dict(sorted(Counter(item.kind for item in self).items()))

    @property
    def summary(self) -> str:
        """For example ``left out: 1 file, 2 statements``; empty if nothing was left out."""
        return left_out_summary(self.counts)

    def save(self, bucket: Bucket, model: str, stage: str, date_str: str) -> str | None:
        """Store the list of this round; nothing if it and the list before are empty.

        :param stage: the stage's name; for stages that run once a corpus, ``<stage>_<corpus>``
        :returns: the key that was written
        """
        lists = bucket.dated_keys(left_out_prefix(model, stage), (".json",))
        earlier = _latest([dated.key for dated in lists if dated.date < date_str], bucket)
        report = left_out_report(model, stage, date_str, self, earlier)
        key = left_out_key(model, stage, date_str)
        # Also when the job is run again and now leaves nothing out.
        stored = any(dated.key == key for dated in lists)
        if not (report.count or stored or (earlier and earlier.count)):
            return None
        bucket.write_json(key, left_out_document(report))
        return key


def _latest(keys: Sequence[str], bucket: Bucket) -> LeftOutReport | None:
    if not keys:
        return None
    try:
        return parse_left_out(bucket.read_json(keys[-1]))
    except InputError as error:
        # Every item is reported to operators once more: better than a round that fails.
        logger.warning("s3://%s/%s is ignored: %s", bucket.name, keys[-1], error)
        return None
