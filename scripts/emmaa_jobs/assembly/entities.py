"""The entities of a model: who its statements are about."""

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
    found = {}
    for statement in statements:
        for agent in statement.real_agent_list():
            refs = {key: ref for key, ref in sorted(agent.db_refs.items()) if key not in _TEXTS}
            entity = {"name": agent.name, "db_refs": refs}
            found[json.dumps(entity, sort_keys=True)] = entity
    return [found[key] for key in sorted(found, key=lambda key: (found[key]["name"], key))]
