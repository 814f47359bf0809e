"""Statistics of a model in one round (docs/reference/statistics.md#model-statistics)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.from_statistics import model_figures
from emmaa_cycle.s3_layout import (
    assembled_key,
    assembled_prefix,
    model_stats_key,
)
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.progress import progress
from emmaa_jobs.statements.fields import (
    StatementJson,
    bare_statement,
    evidence_of,
    statement_hash,
)
from emmaa_jobs.statements.gate import NoStatementError, statement_label
from emmaa_jobs.stats.curations import (
    CurationSummary,
    curation_summary,
    empty_summary,
    heal_earlier_stats,
)
from emmaa_jobs.stats.external_services import OFFLINE, Outside
from emmaa_jobs.stats.model_round import ModelRound
from emmaa_jobs.stats.papers import paper_stats
from emmaa_jobs.stats.previous_round import PreviousStats, previous_model_stats
from emmaa_jobs.stats.shapes import delta, distribution, extended

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


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
    left_out = LeftOutList()
    this_round = ModelRound.read(bucket, load_manager(bucket, model, date_str), left_out)
    previous = previous_model_stats(bucket, model, this_round.date, left_out)
    stats = model_stats(this_round, previous, outside, left_out)
    left_out.extend(outside.left_out)
    left_out.save(bucket, model, Stage.MODEL_STATS, this_round.date)
    key = model_stats_key(model, this_round.date)
    bucket.write_json(key, stats)
    heal_earlier_stats(bucket, model, this_round.date)
    summary = f"{key}: {_summary_line(stats)}"
    summary = f"{summary}; {left_out.summary}" if left_out else summary
    return record_stage(
        bucket,
        model,
        Stage.MODEL_STATS,
        this_round.date,
        lambda: model_figures(stats),
        summary,
        left_out=left_out,
    )


def model_stats(
    this_round: ModelRound,
    previous: PreviousStats | None,
    outside: Outside = OFFLINE,
    left_out: LeftOutList | None = None,
) -> dict[str, Any]:
    """Return the ``model_stats`` document.

    :param previous: the previous statistics; None in a first round
    :param outside: where titles and curations come from
    :param left_out: gets the statements that cannot be described
    :raises InputError: if the previous statistics cannot be compared with, or no statement is one.
    """
    noted = LeftOutList() if left_out is None else left_out
    summary, described = _model_summary(this_round, noted)
    this_round = replace(this_round, statements=described)
    papers = paper_stats(this_round, previous, outside.titles)
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


def _model_summary(
    this_round: ModelRound, left_out: LeftOutList
) -> tuple[dict[str, Any], list[StatementJson]]:
    """Return the ``model_summary``, and the statements that it is about."""
    types: Counter[str] = Counter()
    agents: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    evidence_counts: dict[str, int] = {}
    english: dict[str, list[str]] = {}
    described: list[StatementJson] = []
    for document, statement in _described(this_round, left_out):
        described.append(document)
        number = statement_hash(document, statement)
        evidence = evidence_of(document)
        types[document["type"]] += 1
        agents.update(agent.name for agent in statement.real_agent_list())
        sources.update(item["source_api"] for item in evidence if item.get("source_api"))
        evidence_counts[number] = len(evidence)
        english[number] = ["", statement_sentence(statement), ""]
    summary = {
        "model_name": this_round.model,
        "number_of_statements": len(described),
        "stmts_type_distr": distribution(types),
        "agent_distr": distribution(agents),
        "stmts_by_evidence": distribution(evidence_counts),
        "sources": distribution(sources),
        "assembled_beliefs": [float(each.get("belief", 1)) for each in described],
        "all_stmts": english,
    }
    return summary, described


def _described(
    this_round: ModelRound, left_out: LeftOutList
) -> Iterator[tuple[StatementJson, Statement]]:
    """Yield each statement's JSON with the statement; what is none costs itself.

    :raises InputError: if none is one.
    """
    found, fault = 0, ""
    for document in progress(this_round.statements, "describing statements", "statement"):
        try:
            statement = bare_statement(document)
        except NoStatementError as error:
            fault = str(error)
            where = assembled_prefix(this_round.model)
            left_out.add("statement", statement_label(document), fault, where)
        else:
            found += 1
            yield document, statement
    if fault and not found:
        key = assembled_key(this_round.model, this_round.date)
        raise InputError(f"{key} holds something that is not an INDRA statement: {fault}")


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


def _summary_line(stats: Mapping[str, Any]) -> str:
    statements = stats["model_delta"]["statements_hashes_delta"]
    papers = stats["paper_delta"]["raw_paper_ids_delta"]
    return (
        f"{stats['model_summary']['number_of_statements']} statements"
        f" (+{len(statements['added'])} -{len(statements['removed'])}),"
        f" {stats['paper_summary']['number_of_raw_papers']} papers read"
        f" (+{len(papers['added'])})"
    )
