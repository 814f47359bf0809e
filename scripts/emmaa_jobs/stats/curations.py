"""The ``curation_summary``: what people said of a model's evidence."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import Any, Protocol

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_stats_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.statements.fields import StatementJson, evidence_of
from emmaa_jobs.stats.shapes import distribution

logger = logging.getLogger(__name__)


class CurationLookup(Protocol):
    """A source of curations."""

    def __call__(self) -> Sequence[Mapping[str, Any]] | None:
        """All curations there are; None if nobody can be asked."""


def no_curations() -> None:
    """Return no curations: the lookup of a job without network access."""


CurationSummary = dict[str, list[list[Any]]]


def empty_summary() -> CurationSummary:
    """Return the summary of a model whose curations are unknown: the dashboard needs each key."""
    return {
        "curators_ev_counts": [],
        "curators_stmt_counts": [],
        "curs_by_tags": [],
        "cur_ev_dates": [],
        "cur_stmt_dates": [],
    }


def curation_summary(
    curations: Iterable[Mapping[str, Any]], raw: Iterable[StatementJson], round_date: str
) -> CurationSummary:
    """Return what was said up to a round, of the evidence that the model has.

    Each curation counts once, also where two statements share the evidence.

    :param curations: as :func:`emmaa_jobs.services.curations.get_curations` gives them
    :param raw: the model's statements before assembly
    :param round_date: ``<dt>``; later curations do not count, so that a past round can be
        recomputed
    """
    ours = {_source_hash(evidence) for document in raw for evidence in evidence_of(document)}
    end = parse_round(round_date)
    evidence: dict[str, set[int]] = defaultdict(set)
    statements: dict[str, set[int]] = defaultdict(set)
    evidence_days: dict[str, set[int]] = defaultdict(set)
    statement_days: dict[str, set[int]] = defaultdict(set)
    tags: Counter[str] = Counter()
    for curation in curations:
        moment = _moment(curation.get("date"))
        if curation.get("source_hash") not in ours or moment is None or moment > end:
            continue
        curator, day = str(curation.get("curator") or ""), f"{moment:%Y-%m-%d}-00-00-00"
        evidence[curator].add(curation["source_hash"])
        statements[curator].add(curation["pa_hash"])
        evidence_days[day].add(curation["source_hash"])
        statement_days[day].add(curation["pa_hash"])
        tags[curation["tag"]] += 1
    return {
        "curators_ev_counts": distribution(_sizes(evidence)),
        "curators_stmt_counts": distribution(_sizes(statements)),
        "curs_by_tags": distribution(tags),
        "cur_ev_dates": _cumulative(evidence_days),
        "cur_stmt_dates": _cumulative(statement_days),
    }


def _sizes(sets: Mapping[str, set[int]]) -> dict[str, int]:
    return {name: len(members) for name, members in sets.items()}


def _cumulative(by_day: Mapping[str, set[int]]) -> list[list[Any]]:
    days = sorted(by_day)
    sums = accumulate(len(by_day[day]) for day in days)
    return [[day, total] for day, total in zip(days, sums, strict=True)]


def _source_hash(evidence: Mapping[str, Any]) -> int:
    written = evidence.get("source_hash")
    if written is not None:
        return int(written)
    from indra.statements import Evidence

    computed: int = Evidence._from_json(evidence).get_source_hash()
    return computed


def _moment(date: object) -> datetime | None:
    """Read a date in the form of HTTP headers, the service's, or in ISO 8601; else None."""
    if not isinstance(date, str):
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(date)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


def heal_earlier_stats(bucket: Bucket, model: str, before: str) -> int:
    """Give the statistics of earlier rounds their curation section, newest first.

    Earlier jobs wrote ``"curation_summary": null`` while curations were unknown. The original
    dashboard reads that section on every page of a model, and answers 500 if it is null. The search
    stops at the first round that has it, so it costs one read once all are healed.

    :param before: the ``<dt>`` of a round, which is healthy itself
    :returns: how many were healed
    """
    healed = 0
    earlier = [
        found
        for found in bucket.dated_keys(model_stats_prefix(model), (".json",))
        if found.date < before
    ]
    for found in sorted(earlier, key=lambda each: each.date, reverse=True):
        document = _read(bucket, found.key)
        if not isinstance(document, dict):
            continue  # no statistics: the comparison with it says so
        if isinstance(document.get("curation_summary"), dict):
            break
        bucket.write_json(found.key, {**document, "curation_summary": empty_summary()})
        logger.info("%s: gave it an empty curation_summary, for the dashboard", found.key)
        healed += 1
    return healed


def _read(bucket: Bucket, key: str) -> Any:
    try:
        return bucket.read_json(key)
    except InputError as error:  # removed meanwhile, archived or broken
        logger.warning("an earlier round's statistics stay as they are: %s", error)
        return None
