"""The base of all query types, and the reading of their JSON."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from emmaa_cycle.errors import InputError
from emmaa_jobs.statements import gate
from emmaa_jobs.statements.gate import NoStatementError

if TYPE_CHECKING:
    from indra.statements import Agent, Statement


class QueryError(InputError):
    """A query's JSON is not of a known type, or one of its fields cannot be used."""


class Query(ABC):
    """A question to a model."""

    #: The type's name in JSON and database.
    qtype: ClassVar[str]

    @classmethod
    @abstractmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the query.

        :raises QueryError: naming type and field.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the form in the database, ``type`` included."""

    @abstractmethod
    def matches_key(self) -> str:
        """Return a key that is equal for equal queries; hashes are made of it."""

    @abstractmethod
    def english(self) -> str:
        """Return the query as a sentence."""

    def text(self) -> str:
        """Return the query as a sentence for logs and lists; as JSON if INDRA has no English for
        it.
        """
        try:
            return self.english()
        except Exception:  # noqa: BLE001 - INDRA fails in many ways on odd agents
            return f"{self.qtype} {json.dumps(self.to_json(), sort_keys=True)}"

    @abstractmethod
    def agents(self) -> list[Agent]:
        """Return the agents that a model must know for the query to apply to it."""

    def __eq__(self, other: object) -> bool:
        """Return whether both queries ask the same, however their agents are written."""
        return isinstance(other, type(self)) and other.matches_key() == self.matches_key()

    def __hash__(self) -> int:
        return hash(self.matches_key())


def query_model_hash(query: Query, model: str) -> int:
    """Return the primary key of a query to one model, a signed number of 14 hexadecimal digits."""
    from indra.statements.statements import mk_str
    from indra.statements.util import make_hash

    number: int = make_hash(mk_str((query.matches_key(), model)), 14)
    return number


def read_field(qtype: str, document: Mapping[str, Any], name: str, kind: type) -> Any:
    """Read a field that must be present.

    :raises QueryError: if it is missing or of another type.
    """
    value = document.get(name)
    if not isinstance(value, kind):
        raise QueryError(f"{qtype}, field {name}: {_names(kind)} is expected, it is {value!r:.80}")
    return value


def read_choice(
    qtype: str, document: Mapping[str, Any], name: str, choices: tuple[Any, ...]
) -> Any:
    """Read a field with a closed set of values.

    :raises QueryError: if it is none of them.
    """
    value = document.get(name)
    if value not in choices:
        allowed = ", ".join(map(str, choices))
        raise QueryError(
            f"{qtype}, field {name}: one of {allowed} is expected, it is {value!r:.80}"
        )
    return value


def read_agent(qtype: str, document: Mapping[str, Any], name: str) -> Agent:
    """Read a field that holds an INDRA agent.

    :raises QueryError: if it is missing or no agent.
    """
    return parse_agent(qtype, name, document.get(name))


def parse_agent(qtype: str, name: str, value: object) -> Agent:
    """Read an INDRA agent's JSON.

    :param name: the field, for the message
    :raises QueryError: if it is no agent.
    """
    try:
        return gate.read_agent(value)
    except NoStatementError as error:
        raise QueryError(
            f"{qtype}, field {name}: an INDRA agent is expected, it is {value!r:.80}: {error}"
        ) from error


def read_statement(qtype: str, document: Mapping[str, Any], name: str) -> Statement:
    """Read a field that holds an INDRA statement.

    :raises QueryError: if it is missing or no statement.
    """
    value = read_field(qtype, document, name, dict)
    try:
        return gate.read_statement(value)
    except NoStatementError as error:
        raise QueryError(
            f"{qtype}, field {name}: an INDRA statement is expected, it is {value!r:.80}: {error}"
        ) from error


def agent_text(agent: Agent) -> str:
    """Return an agent with its state, as it stands in a sentence."""
    from indra.assemblers.english.assembler import _assemble_agent_str

    text: str = _assemble_agent_str(agent).agent_str
    return text


def _names(kind: type) -> str:
    names: dict[type, str] = {dict: "an object", str: "a text", list: "a list"}
    return names[kind]
