"""Statements that the INDRA DB has, by a query of its REST service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emmaa_jobs.services.web_service import Answer, WebService

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: The number of statements in one answer of the service.
PAGE = 500
#: How often the pages of one id are read again if they do not fit together.
PAGING_TRIES = 2

RawStatements = list[dict[str, Any]]


@dataclass(frozen=True)
class Constraint:
    """One of the service's queries.

    :param kind: the query's class, such as ``FromPapers``
    :param of: the constraint that a list of ids makes
    :param evidence: parameters that limit the evidence, such as ``ev_limit``
    """

    kind: str
    of: Callable[[Sequence[Any]], dict[str, Any]]
    evidence: dict[str, Any]


def query_statements(
    service: WebService, constraint: Constraint, ids: Sequence[T]
) -> RawStatements:
    """All statements that a query finds, as INDRA statement JSON.

    :param ids: what is asked for; halved where one answer does not hold it all
    :raises SourceUnavailableError: if the service is down or answers nonsense, or its pages do not
        fit together.
    """
    found, following = _page(service, constraint, ids, 0)
    if following is None:
        return list(found.values())
    if len(ids) > 1:
        # Pages are cut from an order that is not stable; whole answers lose nothing.
        half = len(ids) // 2
        halves = (ids[:half], ids[half:])
        return [each for some in halves for each in query_statements(service, constraint, some)]
    for _ in range(PAGING_TRIES):
        whole = _following_pages(service, constraint, ids, found, following)
        if whole is not None:
            return list(whole.values())
        logger.warning("INDRA DB: pages of %s overlap, so they may lack statements", ids[0])
        found, following = _page(service, constraint, ids, 0)
    raise service.unavailable(
        "query/statements",
        f"pages of {ids[0]} overlap each time: what they lack cannot be known",
    )


def _following_pages(
    service: WebService,
    constraint: Constraint,
    ids: Sequence[Any],
    first: dict[str, dict[str, Any]],
    following: int | None,
) -> dict[str, dict[str, Any]] | None:
    """All pages from the first on; None where they overlap.

    A statement that stands on two pages has moved meanwhile, and another one may have moved to a
    page that was read before.
    """
    found = dict(first)
    while following is not None:
        more, following = _page(service, constraint, ids, following)
        if not more.keys().isdisjoint(found):
            return None
        found |= more
    return found


def _page(
    service: WebService, constraint: Constraint, ids: Sequence[Any], offset: int
) -> tuple[dict[str, dict[str, Any]], int | None]:
    answer = service.post(
        "query/statements",
        {"simple": "true", "sort_by": "ev_count", "offset": offset},
        {
            "query": {
                "class": constraint.kind,
                "constraint": constraint.of(ids),
                "inverted": False,
            },
            "kwargs": constraint.evidence,
        },
    )
    document = answer.json()
    _check_page(document, offset, answer)
    return document["results"], document.get("next_offset")


def _check_page(document: object, offset: int, answer: Answer) -> None:
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(results, dict):
        answer.nonsense("not a query result: it has no object `results`")
    following = document.get("next_offset")
    whole = isinstance(following, int) and not isinstance(following, bool)
    if following is not None and not (whole and following > offset):
        answer.nonsense(f"not a query result: its next_offset is {following!r}")
    if results and not any(map(has_evidence, results.values())):
        answer.nonsense("not a query result: it has no statement with a list of evidence")


def has_evidence(statement: Any) -> bool:
    """Return whether a document of the service is like a statement with evidence."""
    return isinstance(statement, dict) and isinstance(statement.get("evidence"), list)
