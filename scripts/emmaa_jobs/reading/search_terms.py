"""Matches of a config's search terms in papers, for sources that do not search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from emmaa_cycle.model_config import SearchTerm

if TYPE_CHECKING:
    from indra.statements import Statement


def matching_terms(
    terms: Sequence[SearchTerm], statements: Iterable[Statement]
) -> list[dict[str, Any]]:
    """Return the terms whose name or search term occurs, as whole words, in a paper's readings.

    Looked at are the evidence's sentences and the agents' names and texts; case does not matter.

    :returns: the terms as JSON, in the config's order
    """
    text = "\n".join(part for statement in statements for part in _texts(statement)).casefold()
    return [
        term.model_dump()
        for term in terms
        if any(_stands_in(phrase, text) for phrase in (term.name, term.search_term))
    ]


def _texts(statement: Statement) -> list[str]:
    texts = [evidence.text for evidence in statement.evidence]
    for agent in statement.real_agent_list():
        texts += [agent.name, agent.db_refs.get("TEXT")]
    return [text for text in texts if text]


def _stands_in(phrase: str, text: str) -> bool:
    words = phrase.strip().strip('"').casefold()
    return bool(words) and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None
