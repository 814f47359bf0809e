"""The items that the jobs of a run left out, and the message about new ones to operators.

A job lists such items in the bucket and succeeds (docs/architecture.md). An item is *new* in the
first round that leaves it out: only new items are reported.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_absent
from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import LeftOut, LeftOutReport, left_out_summary, parse_left_out
from emmaa_cycle.s3_layout import left_out_key

_READERS = 16
#: Maximum number of items in one message.
_SHOWN = 40

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeftOutPlace:
    """The list of one job's left-out items.

    :param stage: the stage's name; with the corpus where it runs once a corpus
    :param date: the ``<dt>`` of the round
    """

    model: str
    stage: str
    date: str

    @property
    def key(self) -> str:
        """The S3 key of the list."""
        return left_out_key(self.model, self.stage, self.date)


@dataclass(frozen=True)
class RunLeftOut:
    """All that the jobs of one run left out.

    :param reports: the lists that have items
    """

    bucket: str
    reports: Sequence[LeftOutReport]

    @classmethod
    def read(cls, reader: BucketReader, places: Sequence[LeftOutPlace]) -> RunLeftOut:
        """Read the existing lists; skip one that cannot be read, with a line in the log."""
        if not places:
            return cls(reader.bucket, [])
        with ThreadPoolExecutor(min(_READERS, len(places))) as pool:
            found = pool.map(lambda place: _read(reader, place), places)
            return cls(reader.bucket, [report for report in found if report and report.count])

    @property
    def new_count(self) -> int:
        """The number of items that were left out for the first time."""
        return sum(report.new_count for report in self.reports)

    @property
    def counts(self) -> str:
        """The text ``left out: 2 statements, 1 file (1 of them new)``, or an empty one."""
        counts: dict[str, int] = {}
        for report in self.reports:
            for kind, count in report.counts.items():
                counts[kind] = counts.get(kind, 0) + count
        new = self.new_count
        return left_out_summary(counts) + (f" ({new} of them new)" if new else "")

    @property
    def news(self) -> str:
        """The new items with their reasons, grouped by model and stage; empty if none is new."""
        room, blocks = _SHOWN, []
        for report in self.reports:
            if report.new_count:
                new = [item for item in report.items if item.new][:room]
                room -= len(new)
                blocks.append(self._block(report, new))
        return "\n\n".join(blocks)

    def _block(self, report: LeftOutReport, new: Sequence[LeftOut]) -> str:
        lines = [f"{report.model}, {report.stage}:"]
        lines += [
            f"    {item.kind} {item.item}{f' ({item.where})' if item.where else ''}: {item.reason}"
            for item in new
        ]
        if rest := report.new_count - len(new):
            lines.append(f"    and {rest} more")
        key = left_out_key(report.model, report.stage, report.date)
        return "\n".join([*lines, f"    All: s3://{self.bucket}/{key}"])


def _read(reader: BucketReader, place: LeftOutPlace) -> LeftOutReport | None:
    try:
        found = parse_left_out(reader.json(place.key))
        return replace(found, model=place.model, stage=place.stage, date=place.date)
    except ClientError as error:
        if is_absent(error):
            return None
        logger.warning("s3://%s/%s cannot be read: %s", reader.bucket, place.key, error)
    except (InputError, BotoCoreError) as error:
        logger.warning("s3://%s/%s cannot be used: %s", reader.bucket, place.key, error)
    return None
