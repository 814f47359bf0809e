"""The statistics that a model's notification is made of."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import (
    corpus_stats_key,
    corpus_stats_prefix,
    model_stats_key,
    model_stats_prefix,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList

#: What the databases can hold as a statement's hash, and as the number of its paths.
_HASHES, _COUNTS = range(-(2**63), 2**63), range(2**31)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StatsFile:
    """One statistics document.

    :param date_str: its round's ``<dt>``
    """

    key: str
    date_str: str
    document: dict[str, Any]

    def field(self, *path: str) -> Any:
        """Return a field of the document.

        :raises InputError: if it is not there, naming key and field.
        """
        value: Any = self.document
        for name in path:
            if not isinstance(value, dict) or name not in value:
                raise InputError(f"{self.key} has no field {'.'.join(path)}")
            value = value[name]
        return value

    def count(self, *path: str) -> int:
        """Return the length of a list in the document.

        :raises InputError: if it is not there or is no list, naming key and field.
        """
        value = self.field(*path)
        if not isinstance(value, list):
            raise InputError(f"{self.key}, field {'.'.join(path)}: it is {value!r:.80}, not a list")
        return len(value)

    def tested_types(self) -> list[str]:
        """Return the model types that have results.

        :raises InputError: if there is no field ``tests_delta``, naming the key.
        """
        return [name for name in self.field("tests_delta") if name != "applied_hashes_delta"]

    def path_counts(self) -> dict[int, int]:
        """Return how many reported paths use each statement, by statement hash.

        :raises InputError: if the counts cannot be read, naming key and field.
        """
        pairs = self.field("test_round_summary", "path_stmt_counts")
        total: Counter[int] = Counter()
        try:
            for stmt_hash, count in pairs:
                if int(stmt_hash) not in _HASHES or not _is_count(count):
                    raise ValueError(f"{[stmt_hash, count]!r:.80} is not a hash with a count")
                total[int(stmt_hash)] += count
        except (OverflowError, TypeError, ValueError) as error:
            field = "test_round_summary.path_stmt_counts"
            raise InputError(f"{self.key}, field {field} cannot be read: {error}") from error
        return dict(total)


@dataclass(frozen=True)
class RoundStats:
    """The statistics of a round, of the model and of the test corpora.

    :param corpora: statistics by corpus, without those that have none
    :param has_model_news: whether the model's own statistics can be read
    """

    model: StatsFile
    corpora: dict[str, StatsFile]
    has_model_news: bool = True

    def path_counts(self) -> dict[int, int]:
        """Return how many reported paths use each statement, over all corpora, by hash.

        :raises InputError: if the counts cannot be read, naming key and field.
        """
        total: Counter[int] = Counter()
        for stats in self.corpora.values():
            total.update(stats.path_counts())
        return {stmt_hash: min(count, _COUNTS[-1]) for stmt_hash, count in total.items()}

    @classmethod
    def read(
        cls, bucket: Bucket, about: ReportedRound, left_out: LeftOutList | None = None
    ) -> RoundStats:
        """Read the statistics of a round.

        A corpus without statistics is left out, with a line in the log that names it: its job
        failed and says so itself, the others' news are no worse for it.

        :param left_out: gets the corpora whose statistics are no JSON
        :raises MissingObjectError: if there are no model statistics, and none of a corpus.
        :raises InputError: if the model's statistics are no JSON, and no corpus has any.
        """
        model, day, date_str = about.model, about.day, about.date_str
        left_out = LeftOutList() if left_out is None else left_out
        when = date_str or day or ""
        found: dict[str, StatsFile] = {}
        for corpus in about.corpora:
            key = date_str and corpus_stats_key(model, corpus, date_str)
            try:
                stats = _find(bucket, corpus_stats_prefix(model, corpus), key, day)
            except InputError as error:
                left_out.add("corpus", corpus, str(error))
                continue
            if stats is None:
                logger.warning("test corpus %s has no statistics of %s: left out", corpus, when)
            else:
                found[corpus] = stats
        try:
            return cls(_of_model(bucket, about), found)
        except InputError as error:
            if not found:
                raise
            left_out.add("result", "the model's statistics", str(error))
            first = next(iter(found.values()))
            nothing = StatsFile(model_stats_key(model, first.date_str), first.date_str, {})
            return cls(nothing, found, has_model_news=False)


def _of_model(bucket: Bucket, about: ReportedRound) -> StatsFile:
    model, day, date_str = about.model, about.day, about.date_str
    prefix = model_stats_prefix(model)
    found = _find(bucket, prefix, date_str and model_stats_key(model, date_str), day)
    if found is None:
        raise MissingObjectError(
            f"s3://{bucket.name}/{prefix}{date_str or day or ''}… does not exist: run"
            f" run_model_stats_from_s3.py --model {model} --stats_mode model first"
        )
    return found


@dataclass(frozen=True)
class ReportedRound:
    """A round to report.

    :param corpora: the test corpora to report on
    :param day: ``<d>``; its latest statistics are used if ``date_str`` is not given
    :param date_str: the round, ``<dt>``
    """

    model: str
    corpora: Sequence[str]
    day: str | None = None
    date_str: str | None = None


def _is_count(count: object) -> bool:
    # A range looks for what is no integer among all of its elements.
    return isinstance(count, int) and count in _COUNTS


def _find(bucket: Bucket, prefix: str, key: str | None, day: str | None) -> StatsFile | None:
    if key is not None:
        date_str = key.removeprefix(prefix).removesuffix(".json")
    else:
        latest = bucket.latest(prefix, (".json",), day=day)
        if latest is None:
            return None
        key, date_str = latest.key, latest.date
    try:
        return StatsFile(key, date_str, bucket.read_json(key))
    except MissingObjectError:
        return None
