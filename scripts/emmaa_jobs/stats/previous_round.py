"""The previous statistics: a round's news and series are relative to them.

The previous round is the newest one strictly before this round that has statistics. The
original loaded that round's statements or results again and made nothing where they were gone.
Here the previous statistics themselves are read: they name every statement, paper and test of
their round, so one object tells the delta, also where the round's other objects were archived
or are the original's pickles. Rounds can therefore be recomputed at any time, each from the one
before it. Statistics that cannot be compared with are left out, and the round before them is read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import combined_stats_prefix, corpus_stats_prefix, model_stats_prefix
from emmaa_jobs.bucket import Bucket, DatedKey
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.manager_record import round_config

logger = logging.getLogger(__name__)

#: So many unusable ones in a row are tried; then the round is like a first one.
MOST_TRIED = 10


@dataclass(frozen=True)
class PreviousStats:
    """Statistics of an earlier round.

    :param key: the S3 key, for messages
    :param date: the round's ``<dt>``
    :param document: the statistics as JSON
    """

    key: str
    date: str
    document: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section that every such file has.

        :raises InputError: if it is not there, naming the object and the ways out.
        """
        section = self.document.get(name)
        if not isinstance(section, Mapping):
            raise self.unusable(f"has no section {name!r}")
        return section

    def has(self, section: str, name: str) -> bool:
        """Return whether there is such a section with such a field."""
        part = self.document.get(section)
        return isinstance(part, Mapping) and name in part

    def field(self, section: str, name: str) -> Mapping[str, Any]:
        """Return a field of a section that is an object.

        :raises InputError: if it is not there, or something else.
        """
        fields = self.section(section)
        if name not in fields:
            raise self.unusable(f"has no field {section}.{name}")
        if not isinstance(fields[name], Mapping):
            raise self.unusable(f"has {fields[name]!r:.80} as {section}.{name}, not an object")
        value: Mapping[str, Any] = fields[name]
        return value

    @property
    def papers(self) -> Mapping[str, Any] | None:
        """The ``paper_summary``; None if there was none yet.

        :raises InputError: if a part of it that is compared is of another form.
        """
        if self.document.get("paper_summary") is None:
            return None
        papers = self.section("paper_summary")
        for name in ("raw_paper_ids", "assembled_paper_ids"):
            ids = papers.get(name)
            if not isinstance(ids, list | None) or not all(
                isinstance(each, int | str) for each in ids or ()
            ):
                raise self.unusable(f"has {ids!r:.80} as paper_summary.{name}, not a list of ids")
        if not isinstance(papers.get("paper_titles"), Mapping | None):
            return {**papers, "paper_titles": {}}  # asked for again
        return papers

    @property
    def series(self) -> Mapping[str, Any]:
        """The time series up to that round, those of a model type by its name.

        :raises InputError: if one is of another form.
        """
        section = self.section("changes_over_time")
        for name, value in section.items():
            of_model = name == "dates" or name.startswith("number_")
            inner = value.values() if isinstance(value, Mapping) and not of_model else [value]
            if not (of_model or isinstance(value, Mapping)) or not all(
                isinstance(each, list) for each in inner
            ):
                raise self.unusable(f"has {value!r:.80} as changes_over_time.{name}, not a series")
        return section

    def check(self, section: str, name: str) -> None:
        """Read all that the next statistics compare with.

        :param section: the section, and ``name`` the field in it, that name the round's items
        :raises InputError: if a part of it cannot be used.
        """
        _ = self.field(section, name), self.papers, self.series

    def unusable(self, fault: str) -> InputError:
        """Return the error for what cannot be compared with, and how to fix it."""
        return InputError(
            f"{self.key} {fault}, so nothing can be compared with it: make that round's"
            " statistics again"
        )


def previous_model_stats(
    bucket: Bucket, model: str, round_date: str, left_out: LeftOutList | None = None
) -> PreviousStats | None:
    """Load a model's newest usable statistics strictly before a round; None in a first round.

    :param left_out: gets newer statistics that cannot be compared with; if None, they are an error
    :raises InputError: if there are such statistics and no ``left_out``.
    """
    part = ("model_summary", "all_stmts")
    found = _newest_usable(bucket, model_stats_prefix(model), round_date, part, left_out)
    return found or _combined(bucket, model, round_date, part, left_out)


def previous_corpus_stats(
    bucket: Bucket, model: str, corpus: str, round_date: str, left_out: LeftOutList | None = None
) -> PreviousStats | None:
    """Load a corpus' newest usable statistics strictly before a round; None in a first round.

    :param left_out: gets newer statistics that cannot be compared with; if None, they are an error
    :raises MissingObjectError: if there is nothing newer than the original's combined files, and
        the model has no config, which alone says what its default corpus is.
    :raises InputError: if there are such statistics and no ``left_out``, or the config cannot be
        used.
    """
    part = ("test_round_summary", "all_test_results")
    prefix = corpus_stats_prefix(model, corpus)
    previous = _newest_usable(bucket, prefix, round_date, part, left_out)
    if previous is not None:
        return previous
    combined = _combined(bucket, model, round_date, part, left_out)
    if combined is None:
        return None
    default = round_config(bucket, model, round_date).test.default_test_corpus
    return combined if corpus == default else None


def _newest_usable(
    bucket: Bucket,
    prefix: str,
    round_date: str,
    part: tuple[str, str],
    left_out: LeftOutList | None,
    *,
    part_may_lack: bool = False,
) -> PreviousStats | None:
    """Load the newest statistics strictly before a round that can be compared with.

    :param prefix: what the keys of these statistics start with
    :param part: the section and field that name the round's items
    :param part_may_lack: whether statistics without this part, and those before them, are of an
        older form: they end the search
    """
    keys = [each for each in bucket.dated_keys(prefix, (".json",)) if each.date < round_date]
    for dated in keys[: -MOST_TRIED - 1 : -1]:
        try:
            previous = _load(bucket, dated)
            if part_may_lack and not previous.has(*part):
                logger.warning("%s has no %s.%s: the time series start again", dated.key, *part)
                return None
            previous.check(*part)
        except InputError as error:
            if left_out is None:
                raise
            left_out.add("result", dated.key, f"a round before is compared with: {error}", prefix)
        else:
            logger.info("comparing with %s", dated.key)
            return previous
    logger.info("there are no earlier statistics %s…: a first round has no news", prefix)
    return None


def _load(bucket: Bucket, dated: DatedKey) -> PreviousStats:
    document = bucket.read_json(dated.key)
    where = f"s3://{bucket.name}/{dated.key}"
    previous = PreviousStats(where, dated.date, document if isinstance(document, dict) else {})
    if not isinstance(document, dict):
        raise previous.unusable("is not a JSON object")
    return previous


def _combined(
    bucket: Bucket,
    model: str,
    round_date: str,
    part: tuple[str, str],
    left_out: LeftOutList | None,
) -> PreviousStats | None:
    """Load the original's oldest statistics: until January 2020 one file for model and tests.

    They are read only if there is nothing newer
    (docs/reference/s3-layout.md#files-of-the-original). Their tests are those of the model's
    default test corpus, as the original's dashboard reads them. Before October 2019 these files had
    other fields, which nothing can be compared with.
    """
    prefix = combined_stats_prefix(model)
    return _newest_usable(bucket, prefix, round_date, part, left_out, part_may_lack=True)
