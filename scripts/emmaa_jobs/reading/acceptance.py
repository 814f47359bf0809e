"""From a reader's statements to EMMAA statements: checked, repaired and named by their paper."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emmaa_cycle.model_config import ModelConfig
from emmaa_jobs.emmaa_statement import EmmaaStatement
from emmaa_jobs.model_file import PaperId
from emmaa_jobs.reading.interface import BrokenOutputError, Collection, Read
from emmaa_jobs.reading.s3_inbox import paper_id_of
from emmaa_jobs.reading.search_terms import matching_terms
from emmaa_jobs.statement_identity import content_id, reading_hash

if TYPE_CHECKING:
    from indra.statements import Evidence, Statement

#: Statements that came of the model's own reading, as opposed to other sources'.
METADATA = {"internal": True}
#: The metadata that names the collection which a statement came with; readings have none.
SOURCE = "source"


@dataclass(frozen=True)
class Accepted:
    """One paper's contribution to a model.

    :param paper_ids: the papers that count as read
    :param fixed: how many statements INDRA found invalid and could repair
    :param dropped: how many it could not
    """

    statements: list[EmmaaStatement]
    paper_ids: list[PaperId]
    fixed: int = 0
    dropped: int = 0


def accept(read: Read, config: ModelConfig, date: datetime) -> Accepted:
    """Turn what was read of a paper into EMMAA statements.

    :param date: when it was read, UTC
    :raises BrokenOutputError: if a statement lacks what the assembly needs.
    """
    id_type = config.reading.main_id_type
    for number, statement in enumerate(read.statements):
        _check_statement(statement, number)
        if not read.names_papers:
            _name_paper(statement, id_type, read.paper.paper_id)
    kept, fixed = _fix(read.statements)
    papers = [_paper_of(evidence, id_type) for stmt in kept for evidence in stmt.evidence]
    if read.paper.search_terms is None:
        terms: Sequence[dict[str, Any]] = matching_terms(config.search_terms, kept)
    else:
        terms = read.paper.search_terms
    return Accepted(
        [EmmaaStatement(_normal(stmt), date, terms, dict(METADATA)) for stmt in kept],
        papers if read.names_papers and papers else _known(read.paper.paper_id),
        fixed,
        len(read.statements) - len(kept),
    )


def accept_collection(collection: Collection, date: datetime) -> Accepted:
    """Turn statements that are in no paper of the model's into EMMAA statements.

    Their metadata are the config's, and ``source``, which says where they came from.

    :raises BrokenOutputError: if a statement lacks what the assembly needs.
    """
    for number, statement in enumerate(collection.statements):
        _check_statement(statement, number)
    kept, fixed = _fix(collection.statements)
    metadata = {**collection.metadata, SOURCE: collection.source}
    return Accepted(
        [EmmaaStatement(_normal(statement), date, [], metadata) for statement in kept],
        [],
        fixed,
        len(collection.statements) - len(kept),
    )


def _known(paper_id: PaperId) -> list[PaperId]:
    # A text-ref id is known of papers of which something was read, and of no others.
    return [paper_id] if paper_id != "" else []


def _check_statement(statement: Statement, number: int) -> None:
    where = f"statement {number} ({type(statement).__name__})"
    if not statement.evidence:
        raise BrokenOutputError(f"{where} has no evidence, which would name its paper")
    for agent in statement.real_agent_list():
        _check_field(where, "agent name", agent.name, str)
        _check_field(where, "db_refs", agent.db_refs, dict)
        for namespace, ref in agent.db_refs.items():
            # A list holds scored references.
            _check_field(where, f"reference {namespace}", ref, str, list, type(None))
    for evidence in statement.evidence:
        _check_evidence(where, evidence)
    try:
        statement.matches_key()
    except (AttributeError, TypeError) as error:
        raise BrokenOutputError(f"{where}: {statement} cannot be compared: {error}") from error


def _check_evidence(where: str, evidence: Evidence) -> None:
    _check_field(where, "evidence text", evidence.text, str, type(None))
    _check_field(where, "pmid", evidence.pmid, str, type(None))
    for field in ("text_refs", "annotations", "epistemics"):
        _check_field(where, field, getattr(evidence, field), dict)
    if evidence.source_api not in known_source_apis():
        raise BrokenOutputError(
            f"{where} is from source_api {evidence.source_api!r}, for which INDRA has no"
            f" belief; it knows {', '.join(sorted(known_source_apis()))}"
        )


def _check_field(where: str, field: str, value: object, *types: type) -> None:
    if not isinstance(value, types):
        raise BrokenOutputError(f"{where}: {field} is {value!r:.60}, a {type(value).__name__}")


@functools.cache
def known_source_apis() -> frozenset[str]:
    """The sources for which INDRA's BeliefEngine has error rates; it raises for any other."""
    from indra.resources import load_resource_json

    rates = load_resource_json("default_belief_probs.json")
    return frozenset(rates["rand"]) & frozenset(rates["syst"])


def _name_paper(statement: Statement, id_type: str, paper_id: PaperId) -> None:
    for evidence in statement.evidence:
        evidence.text_refs[id_type] = paper_id
        if id_type == "PMID":
            evidence.pmid = str(paper_id)


def _fix(statements: Sequence[Statement]) -> tuple[list[Statement], int]:
    from indra.tools.fix_invalidities import fix_invalidities

    kept, fixed = [], 0
    for statement in statements:
        before = _text(statement)
        try:
            remaining = fix_invalidities([statement])
        except Exception as error:  # references of a form that INDRA does not expect
            raise BrokenOutputError(
                f"INDRA cannot validate {statement}: {type(error).__name__}: {error}"
            ) from error
        kept += remaining
        fixed += bool(remaining) and _text(statement) != before
    return kept, fixed


def _paper_of(evidence: Evidence, id_type: str) -> PaperId:
    # INDRA's repairs write the types of references in capitals.
    refs = evidence.text_refs
    found = refs.get(id_type) or refs.pop(id_type.upper(), None) or refs.pop(id_type.lower(), None)
    if not found or not isinstance(found, (str, int)):
        raise BrokenOutputError(
            f"evidence {evidence.text!r:.60} has no text_refs.{id_type}"
            " (the config's reading.main_id_type), which names its paper"
        )
    paper_id = paper_id_of(str(found), id_type) if id_type == "TRID" else str(found)
    refs[id_type] = paper_id
    if evidence.pmid is None:
        # INDRA tells evidence apart by pmid, text and annotations: without this (the original
        # does it for PIIs) the same sentence in two papers would count as one.
        evidence.annotations[id_type.lower()] = paper_id
    return paper_id


def _normal(statement: Statement) -> Statement:
    """The statement as it will be read back from JSON: tuples become lists, and so on.

    Otherwise what is read again would differ from what was stored.
    """
    from indra.statements import Statement

    normal = Statement._from_json(json.loads(_text(statement)))
    normal.uuid = content_id(reading_hash(normal))
    return normal


def _text(statement: Statement) -> str:
    try:
        text = json.dumps(statement.to_json(), ensure_ascii=False, allow_nan=False, sort_keys=True)
        text.encode()
    except (TypeError, ValueError) as error:
        raise BrokenOutputError(f"{statement} cannot be written as JSON: {error}") from error
    return text
