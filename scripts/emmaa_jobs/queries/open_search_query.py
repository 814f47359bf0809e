"""``open_search_query``: what does an entity act on, or what acts on it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from emmaa_jobs.queries.query import (
    Query,
    QueryError,
    agent_text,
    read_agent,
    read_choice,
    read_field,
)

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

# What the entity does downstream ends in an activity; amounts are searched for the same way.
_AS_SUBJECT = {"IncreaseAmount": "Activation", "DecreaseAmount": "Inhibition"}


@dataclass(frozen=True, eq=False)
class OpenSearchQuery(Query):
    """A search without a goal, along the model from one entity.

    :param stmt_type: name of a regulation or modification statement, ``Inhibition`` for instance
    :param entity_role: what the entity is in such a statement; the other end is sought
    :param terminal_ns: namespaces at which paths must end, lower-case; None for any
    """

    qtype = "open_search_query"

    entity: Agent
    stmt_type: str
    entity_role: Literal["subject", "object"]
    terminal_ns: Sequence[str] | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the query.

        :raises QueryError: naming type and field.
        """
        namespaces = document.get("terminal_ns") or None
        if namespaces is not None:
            read_field(cls.qtype, document, "terminal_ns", list)
            namespaces = [str(namespace).lower() for namespace in namespaces]
        return cls(
            entity=read_agent(cls.qtype, document, "entity"),
            stmt_type=_statement_type(document),
            entity_role=read_choice(cls.qtype, document, "entity_role", ("subject", "object")),
            terminal_ns=namespaces,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form in the database."""
        return {
            "type": self.qtype,
            "entity": self.entity.to_json(),
            "stmt_type": self.stmt_type,
            "entity_role": self.entity_role,
            "terminal_ns": list(self.terminal_ns) if self.terminal_ns else None,
        }

    def matches_key(self) -> str:
        """Entity, statement type, role and namespaces."""
        from indra.statements.statements import mk_str

        namespaces = "".join(self.terminal_ns or ())
        key: str = mk_str(
            self.entity.matches_key() + self.stmt_type + self.entity_role + namespaces
        )
        return key

    def english(self) -> str:
        """Return the query as a question."""
        from indra.assemblers.english.assembler import (
            statement_base_verb,
            statement_present_verb,
        )

        name = self.stmt_type.lower()
        if self.entity_role == "subject":
            question = f"What does {agent_text(self.entity)} {statement_base_verb(name)}?"
        else:
            question = f"What {statement_present_verb(name)} {agent_text(self.entity)}?"
        return (
            f"{question} ({', '.join(self.terminal_ns).upper()})" if self.terminal_ns else question
        )

    def agents(self) -> list[Agent]:
        """Return the entity, the only agent."""
        return [self.entity]

    def path_stmt(self) -> Statement:
        """Return a statement with the entity at one end and nothing at the other."""
        from indra.statements import get_statement_by_name

        as_subject = self.entity_role == "subject"
        name = _AS_SUBJECT.get(self.stmt_type, self.stmt_type) if as_subject else self.stmt_type
        ends = (self.entity, None) if as_subject else (None, self.entity)
        return get_statement_by_name(name)(*ends)

    def sign(self, mc_type: str) -> int:
        """Return the sign of the nodes at which a path may end: 0 positive, 1 negative."""
        from indra.statements import DecreaseAmount, Inhibition

        if mc_type == "unsigned_graph" or self.entity_role == "object":
            return 0
        return int(isinstance(self.path_stmt(), Inhibition | DecreaseAmount))


def search_types() -> frozenset[str]:
    """Return the names of the statement types that a search follows."""
    from indra import statements as types

    kinds = (types.RegulateActivity, types.RegulateAmount, types.Modification)
    abstract = {*kinds, types.AddModification, types.RemoveModification}
    known = {kind for parent in kinds for kind in types.get_all_descendants(parent)} - abstract
    return frozenset(kind.__name__ for kind in known)


def _statement_type(document: Mapping[str, Any]) -> str:
    name = read_field(OpenSearchQuery.qtype, document, "stmt_type", str)
    if name not in search_types():
        raise QueryError(
            f"{OpenSearchQuery.qtype}, field stmt_type: a regulation or modification is expected"
            f" (Activation, DecreaseAmount, Phosphorylation, …), it is {name!r:.80}"
        )
    return str(name)
