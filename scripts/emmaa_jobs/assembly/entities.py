"""A round's entities: the agents of all its statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indra.statements import Statement

#: How a sentence called the entity is no part of what it is.
_TEXTS = frozenset({"TEXT", "TEXT_NORM"})


def entities(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """Return the agents of all statements, each once and by name, as JSON of name and references.

    Modifications, activities and the like are left out: they are states of the entity.
    """
    return named_entities(text for each in statements for text in entity_texts(each))


def entity_texts(statement: Statement) -> list[str]:
    """Return a statement's entities, each as JSON; equal ones are equal texts."""
    found = []
    for agent in statement.real_agent_list():
        refs = {key: ref for key, ref in agent.db_refs.items() if key not in _TEXTS}
        found.append(json.dumps({"name": agent.name, "db_refs": refs}, sort_keys=True))
    return found


def named_entities(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return what :func:`entities` does, of the texts of all statements' entities."""
    found = {text: json.loads(text) for text in set(texts)}
    ordered = sorted(found, key=lambda text: (found[text]["name"], text))
    return [{"name": found[text]["name"], "db_refs": found[text]["db_refs"]} for text in ordered]
