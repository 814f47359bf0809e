"""The two types of query that a simulation answers: dynamic and intervention properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from emmaa_jobs.queries.query import Query, agent_text, read_agent, read_choice, read_field

if TYPE_CHECKING:
    from indra.statements import Agent

#: Temporal patterns, with the word that stands for each in a sentence.
PATTERNS = {
    "always_value": "always",
    "no_change": "not changing",
    "eventual_value": "eventually",
    "sometime_value": "sometimes",
    "sustained": "sustained",
    "transient": "transient",
}

#: The patterns that say nothing without a value.
VALUE_PATTERNS = frozenset({"always_value", "eventual_value", "sometime_value"})


@dataclass(frozen=True, eq=False)
class DynamicProperty(Query):
    """A question about how an entity's amount changes over time.

    :param entity: the agent, in the state that is observed
    :param pattern_type: one of :data:`PATTERNS`
    :param quant_value: ``low`` or ``high``; None where the pattern needs none
    """

    qtype = "dynamic_property"

    entity: Agent
    pattern_type: str
    quant_value: str | None = None
    quant_type: str = "qualitative"

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the query.

        :raises QueryError: naming type and field.
        """
        quantity = read_field(cls.qtype, document, "quantity", dict)
        pattern = read_choice(cls.qtype, document, "pattern_type", tuple(PATTERNS))
        values = ("low", "high") if pattern in VALUE_PATTERNS else ("low", "high", None)
        return cls(
            entity=read_agent(cls.qtype, document, "entity"),
            pattern_type=pattern,
            quant_value=read_choice(cls.qtype, quantity, "value", values),
            quant_type=read_choice(cls.qtype, quantity, "type", ("qualitative",)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form in the database."""
        return {
            "type": self.qtype,
            "entity": self.entity.to_json(),
            "pattern_type": self.pattern_type,
            "quantity": {"type": self.quant_type, "value": self.quant_value},
        }

    def matches_key(self) -> str:
        """Entity, pattern, type and value of the quantity."""
        return str(
            (self.entity.matches_key(), self.pattern_type, self.quant_type, str(self.quant_value))
        )

    def english(self) -> str:
        """Return the query as a sentence."""
        value = f" {self.quant_value}" if self.quant_value else ""
        return f"{titled(self.entity)} is {PATTERNS[self.pattern_type]}{value}."

    def agents(self) -> list[Agent]:
        """Return the entity, the only agent."""
        return [self.entity]


@dataclass(frozen=True, eq=False)
class SimpleInterventionProperty(Query):
    """A question about the effect of raising one entity on another.

    :param condition_entity: the agent whose amount is raised
    :param target_entity: the agent, in the state that is observed
    :param direction: ``up`` if the target is expected to increase, else ``dn``
    """

    qtype = "simple_intervention_property"

    condition_entity: Agent
    target_entity: Agent
    direction: Literal["up", "dn"]

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the query.

        :raises QueryError: naming type and field.
        """
        return cls(
            condition_entity=read_agent(cls.qtype, document, "condition_entity"),
            target_entity=read_agent(cls.qtype, document, "target_entity"),
            direction=read_choice(cls.qtype, document, "direction", ("up", "dn")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form in the database."""
        return {
            "type": self.qtype,
            "condition_entity": self.condition_entity.to_json(),
            "target_entity": self.target_entity.to_json(),
            "direction": self.direction,
        }

    def matches_key(self) -> str:
        """Condition, direction and target."""
        return str(
            (self.condition_entity.matches_key(), self.direction, self.target_entity.matches_key())
        )

    def english(self) -> str:
        """Return the query as a sentence."""
        verb = "increases" if self.direction == "up" else "decreases"
        return f"{agent_text(self.condition_entity)} {verb} {agent_text(self.target_entity)}."

    def agents(self) -> list[Agent]:
        """Condition and target."""
        return [self.condition_entity, self.target_entity]


def titled(agent: Agent) -> str:
    """Return an agent with its state, as a sentence starts with it."""
    text = agent_text(agent)
    return text[0].upper() + text[1:]
