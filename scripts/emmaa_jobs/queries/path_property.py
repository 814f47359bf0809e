"""``path_property``: is there a path in the model that explains a statement?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from emmaa_jobs.queries.query import Query, QueryError, parse_agent, read_statement

if TYPE_CHECKING:
    from indra.statements import Agent, Statement


@dataclass(frozen=True, eq=False)
class PathProperty(Query):
    """A path that satisfies a statement.

    The constraints are stored and are part of the query's identity; answers do not regard them
    (as in the original).

    :param path_stmt: the statement that a path shall explain
    :param include_entities: agents that must be in the model, too
    :param include_rels: names of statement types, as are ``exclude_rels``
    """

    qtype = "path_property"

    path_stmt: Statement
    include_entities: Sequence[Agent] = ()
    exclude_entities: Sequence[Agent] = ()
    include_rels: Sequence[str] = ()
    exclude_rels: Sequence[str] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the query.

        :raises QueryError: naming type and field.
        """
        return cls(
            read_statement(cls.qtype, document, "path"),
            include_entities=_entities(document, "include"),
            exclude_entities=_entities(document, "exclude"),
            include_rels=_relations(document, "include"),
            exclude_rels=_relations(document, "exclude"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form in the database; an empty list of constraints is left out."""
        return {
            "type": self.qtype,
            "path": self.path_stmt.to_json(),
            "entity_constraints": _constraints(
                [agent.to_json() for agent in self.include_entities],
                [agent.to_json() for agent in self.exclude_entities],
            ),
            "relationship_constraints": _constraints(
                [{"type": name} for name in self.include_rels],
                [{"type": name} for name in self.exclude_rels],
            ),
        }

    def matches_key(self) -> str:
        """Statement, included and excluded entities, included and excluded relations."""
        from indra.statements.statements import mk_str

        parts = [
            self.path_stmt.matches_key(),
            *_sorted_keys(self.include_entities),
            *_sorted_keys(self.exclude_entities),
            *sorted(self.include_rels),
            *sorted(self.exclude_rels),
        ]
        key: str = mk_str("".join(parts))
        return key

    def english(self) -> str:
        """Return the statement as a sentence."""
        from emmaa_jobs.explanation.english import statement_sentence

        return statement_sentence(self.path_stmt)

    def agents(self) -> list[Agent]:
        """Return the statement's agents and those that must be included."""
        return [*self.path_stmt.real_agent_list(), *self.include_entities]


def _sorted_keys(agents: Iterable[Agent]) -> list[str]:
    return sorted(agent.matches_key() for agent in agents)


def _constraints(include: list[Any], exclude: list[Any]) -> dict[str, list[Any]]:
    both = {"include": include, "exclude": exclude}
    return {name: values for name, values in both.items() if values}


def _constraint(document: Mapping[str, Any], field: str, kind: str) -> list[Any]:
    constraints = document.get(field) or {}
    values = constraints.get(kind) or [] if isinstance(constraints, Mapping) else None
    if not isinstance(values, list):
        raise QueryError(
            f"{PathProperty.qtype}, field {field}.{kind}: a list is expected, it is"
            f" {constraints!r:.80}"
        )
    return values


def _entities(document: Mapping[str, Any], kind: str) -> list[Agent]:
    field = "entity_constraints"
    return [
        parse_agent(PathProperty.qtype, f"{field}.{kind}", value)
        for value in _constraint(document, field, kind)
    ]


def _relations(document: Mapping[str, Any], kind: str) -> list[str]:
    field = "relationship_constraints"
    names = []
    for value in _constraint(document, field, kind):
        if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
            raise QueryError(
                f'{PathProperty.qtype}, field {field}.{kind}: {{"type": …}} is expected, it is'
                f" {value!r:.80}"
            )
        names.append(value["type"])
    return names
