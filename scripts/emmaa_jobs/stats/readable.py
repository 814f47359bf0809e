"""Statements of a round that statistics can count; any other costs itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.statements.emmaa_statement import meets_metadata
from emmaa_jobs.statements.fields import (
    StatementJson,
    evidence_of,
    papers_of,
    statement_hash,
    text_refs,
)
from emmaa_jobs.statements.gate import NoStatementError, statement_label


def readable_raw(
    documents: Iterable[Any], id_type: str, left_out: LeftOutList, where: str
) -> list[Mapping[str, Any]]:
    """Return the EMMAA statements of a model state that can be counted.

    A state may be older than the checks of what enters a model.

    :param where: names the state for the list of what was left out
    """
    found = []
    for document in documents:
        statement = document.get("stmt") if isinstance(document, Mapping) else document
        try:
            metadata = document.get("metadata")
            if metadata and not isinstance(metadata, Mapping):
                raise TypeError("field metadata is not an object")
            _check(statement, id_type)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            left_out.add("statement", statement_label(statement), _reason(error), where)
        else:
            found.append(document)
    return found


def readable_assembled(
    documents: Iterable[Any], id_type: str, left_out: LeftOutList, where: str
) -> list[StatementJson]:
    """Return the assembled statements that can be counted.

    :param where: names the round's statements for the list of what was left out
    """
    found = []
    for document in documents:
        try:
            _check(document, id_type)
            int(statement_hash(document))
            float(document.get("belief", 1))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            left_out.add("statement", statement_label(document), _reason(error), where)
        else:
            found.append(document)
    return found


def _check(statement: Any, id_type: str) -> None:
    """Do with a statement what statistics do with it.

    :raises AttributeError: or another such error, if that cannot be done.
    """
    if not isinstance(statement["type"], str):
        raise TypeError("field type is not text")
    evidence = evidence_of(statement)
    for item in evidence:
        {kind.upper() for kind in text_refs(item)}
        int(item.get("source_hash") or 0)
        if not isinstance(item.get("source_api"), str | None):
            raise TypeError("field source_api is not text")
    if not {type(paper) for paper in papers_of(statement, id_type)} <= {int, str}:
        raise TypeError("the id of a paper is neither text nor number")
    meets_metadata(evidence, {}, "any")


def _reason(error: Exception) -> str:
    if isinstance(error, NoStatementError):
        return str(error)
    return f"it cannot be counted: {type(error).__name__}: {error}"
