"""Statistics of a model in one round (docs/reference/statistics.md#model-statistics)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import MetadataFilter
from emmaa_cycle.s3_layout import assembled_key, model_stats_key, model_stats_prefix
from emmaa_jobs.assembled import load_assembled_json
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.emmaa_statement import meets_metadata
from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.manager_record import ManagerRecord, load_manager
from emmaa_jobs.model_file import load_raw_model
from emmaa_jobs.progress import progress
from emmaa_jobs.statement_reading import NoStatementError
from emmaa_jobs.stats.combined import combined_model_stats
from emmaa_jobs.stats.curations import CurationSummary, curation_summary, empty_summary
from emmaa_jobs.stats.healing import heal_earlier_stats
from emmaa_jobs.stats.measures import Key, delta, distribution, extended
from emmaa_jobs.stats.outside import OFFLINE, Outside
from emmaa_jobs.stats.papers import (
    TitleLookup,
    identifiers,
    paper_delta,
    paper_summary,
    shown_papers,
    statements_by_paper,
    titles_and_links,
)
from emmaa_jobs.stats.previous import PreviousStats, load_previous
from emmaa_jobs.stats.statement_json import (
    StatementJson,
    bare_statement,
    evidence_of,
    statement_hash,
)

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelRound:
    """What statistics need to know of one round of a model.

    :param date: the round's ``<dt>``
    :param statements: the assembled statements that ``reading.filter`` lets through
    :param raw_statements: the statements before assembly, filtered likewise
    :param paper_ids: the papers read so far, with and without statements
    :param id_type: the config's ``reading.main_id_type``
    """

    model: str
    date: str
    statements: Sequence[StatementJson]
    raw_statements: Sequence[StatementJson]
    paper_ids: Sequence[Key]
    id_type: str


def make_model_stats(
    bucket: Bucket, model: str, date_str: str | None = None, outside: Outside = OFFLINE
) -> str:
    """Make a round's model statistics and write them to the bucket.

    A second run of the same round writes the same bytes, as far as others say the same again.

    :param date_str: the round's ``<dt>``; the latest model manager's if None
    :param outside: where titles and curations come from
    :returns: a summary in one line
    :raises MissingObjectError: if the round's manager, model or statements are not there.
    :raises InputError: if one of them, or the previous statistics, cannot be used.
    """
    this_round = load_model_round(bucket, load_manager(bucket, model, date_str))
    previous = load_previous(
        bucket, model_stats_prefix(model), this_round.date
    ) or combined_model_stats(bucket, model, this_round.date)
    stats = model_stats(this_round, previous, outside)
    key = model_stats_key(model, this_round.date)
    bucket.write_json(key, stats)
    heal_earlier_stats(bucket, model, this_round.date)
    return f"{key}: {_summary_line(stats)}"


def load_model_round(bucket: Bucket, record: ManagerRecord) -> ModelRound:
    """Read a round's objects.

    :raises MissingObjectError: if one of them is not there.
    """
    reading = record.model_config.reading
    assembled = load_assembled_json(bucket, record.model, record.date_str)
    raw = load_raw_model(bucket, record.model, record.model_date)
    return ModelRound(
        model=record.model,
        date=record.date_str,
        statements=_filtered(assembled, reading.filter),
        raw_statements=_filtered_raw(raw, reading.filter),
        paper_ids=record.paper_ids,
        id_type=reading.main_id_type,
    )


def model_stats(
    this_round: ModelRound, previous: PreviousStats | None, outside: Outside = OFFLINE
) -> dict[str, Any]:
    """The ``model_stats`` document.

    :param previous: the previous statistics; None in a first round
    :param outside: where titles and curations come from
    :raises InputError: if the previous statistics cannot be compared with.
    """
    summary = _model_summary(this_round)
    papers = _papers(this_round, previous, outside.titles)
    before = previous.field("model_summary", "all_stmts") if previous else None
    return {
        "model_summary": summary,
        "model_delta": {"statements_hashes_delta": delta(summary["all_stmts"], before)},
        **papers,
        "curation_summary": _curations(this_round, outside),
        "changes_over_time": _changes_over_time(
            this_round.date, summary, papers["paper_summary"], previous
        ),
    }


def _model_summary(this_round: ModelRound) -> dict[str, Any]:
    types: Counter[str] = Counter()
    agents: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    evidence_counts: dict[str, int] = {}
    english: dict[str, list[str]] = {}
    for document in progress(this_round.statements, "describing statements", "statement"):
        statement = _statement_of(this_round, document)
        number = statement_hash(document, statement)
        evidence = evidence_of(document)
        types[document["type"]] += 1
        agents.update(agent.name for agent in statement.real_agent_list())
        sources.update(item["source_api"] for item in evidence if item.get("source_api"))
        evidence_counts[number] = len(evidence)
        english[number] = ["", statement_sentence(statement), ""]
    return {
        "model_name": this_round.model,
        "number_of_statements": len(this_round.statements),
        "stmts_type_distr": distribution(types),
        "agent_distr": distribution(agents),
        "stmts_by_evidence": distribution(evidence_counts),
        "sources": distribution(sources),
        "assembled_beliefs": [float(each.get("belief", 1)) for each in this_round.statements],
        "all_stmts": english,
    }


def _statement_of(this_round: ModelRound, document: StatementJson) -> Statement:
    try:
        return bare_statement(document)
    except NoStatementError as error:
        key = assembled_key(this_round.model, this_round.date)
        raise InputError(f"{key} holds what is no INDRA statement: {error}") from error


def _papers(
    this_round: ModelRound, previous: PreviousStats | None, titles: TitleLookup
) -> dict[str, Any]:
    id_type = this_round.id_type
    by_paper = statements_by_paper(this_round.statements, id_type)
    before = previous.document.get("paper_summary") if previous else None
    news = paper_delta(this_round.paper_ids, list(by_paper), before)
    summary = paper_summary(this_round.paper_ids, by_paper, this_round.raw_statements, id_type)
    shown = shown_papers(summary["paper_distr"], news["raw_paper_ids_delta"]["added"])
    known = identifiers(shown, [*this_round.statements, *this_round.raw_statements], id_type)
    told = (before or {}).get("paper_titles") or {}
    return {
        "paper_delta": news,
        "paper_summary": {**summary, **titles_and_links(known, titles, told)},
    }


def _curations(this_round: ModelRound, outside: Outside) -> CurationSummary:
    curations = outside.curations()
    if curations is None:
        return empty_summary()
    return curation_summary(curations, this_round.raw_statements, this_round.date)


def _changes_over_time(
    date: str,
    summary: Mapping[str, Any],
    papers: Mapping[str, Any],
    previous: PreviousStats | None,
) -> dict[str, list[Any]]:
    values = {
        "number_of_statements": summary["number_of_statements"],
        "number_of_raw_papers": papers["number_of_raw_papers"],
        "number_of_assembled_papers": papers["number_of_assembled_papers"],
        "dates": date,
    }
    series = previous.series if previous else None
    return {name: extended(series, name, value) for name, value in values.items()}


def _filtered(
    statements: Sequence[StatementJson], condition: MetadataFilter | None
) -> Sequence[StatementJson]:
    if condition is None:
        return statements
    return [
        document
        for document in statements
        if meets_metadata(evidence_of(document), condition.conditions, condition.evid_policy)
    ]


def _filtered_raw(
    raw: Iterable[Mapping[str, Any]], condition: MetadataFilter | None
) -> list[StatementJson]:
    # The metadata of a raw statement is its own. Statements of before there was metadata have
    # none, or empty metadata once they were imported: they meet every condition.
    conditions = condition.conditions if condition else {}
    return [
        document["stmt"]
        for document in raw
        if not (metadata := document.get("metadata"))
        or all(metadata.get(key) == value for key, value in conditions.items())
    ]


def _summary_line(stats: Mapping[str, Any]) -> str:
    statements = stats["model_delta"]["statements_hashes_delta"]
    papers = stats["paper_delta"]["raw_paper_ids_delta"]
    return (
        f"{stats['model_summary']['number_of_statements']} statements"
        f" (+{len(statements['added'])} -{len(statements['removed'])}),"
        f" {stats['paper_summary']['number_of_raw_papers']} papers read"
        f" (+{len(papers['added'])})"
    )
