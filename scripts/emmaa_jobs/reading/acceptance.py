"""From a reader's statements to EMMAA statements: checked, repaired and named by their paper."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config import ModelConfig
from emmaa_jobs.model.model_file import PaperId
from emmaa_jobs.reading.interface import BrokenOutputError, Collection, Read, Reading
from emmaa_jobs.reading.s3_inbox import paper_id_of
from emmaa_jobs.reading.search_terms import matching_terms
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.gate import (
    NoStatementError,
    read_raw_statement,
    statement_document,
    statement_label,
)
from emmaa_jobs.statements.identity import give_ids, reading_hash
from emmaa_jobs.statements.schema import SchemaError, foreign_fields
from emmaa_jobs.statements.storable import storable_json

if TYPE_CHECKING:
    from indra.statements import Evidence, Statement

#: Statements that came of the model's own reading, as opposed to other sources'.
METADATA = {"internal": True}
_OTHER_IDS = ("DOI", "PMCID", "PII", "URL", "TRID")
#: The metadata that names the collection which a statement came with; readings have none.
SOURCE = "source"


@dataclass(frozen=True)
class Accepted:
    """One paper's contribution to a model.

    :param paper_ids: the papers that count as read
    :param fixed: how many statements INDRA found invalid and could repair
    :param dropped: how many it could not
    :param left_out: statements and evidence that not all later stages could hold
    """

    statements: list[EmmaaStatement]
    paper_ids: list[PaperId]
    fixed: int = 0
    dropped: int = 0
    left_out: Sequence[LeftOut] = ()


def accept(read: Read, config: ModelConfig, date: datetime) -> Accepted:
    """Turn what was read of a paper into EMMAA statements.

    A statement that cannot be used costs itself.

    :param date: when it was read, UTC
    """
    id_type, paper_id = config.reading.main_id_type, storable_json(read.paper.paper_id)
    intake = _Intake(read.paper.where, numbered=read.paper.problem_kind == "file")

    def paper_of(evidence: Evidence) -> PaperId:
        return _paper_of(evidence, id_type)

    def name_paper(evidence: Evidence) -> None:
        _name_paper(evidence, id_type, paper_id)

    intake.take(read.statements, paper_of, None if read.names_papers else name_paper)
    if read.paper.search_terms is None:
        terms: Sequence[dict[str, Any]] = matching_terms(config.search_terms, intake.kept)
    else:
        terms = read.paper.search_terms
    papers = list(intake.papers) if read.names_papers and intake.kept else _known(paper_id)
    return intake.accepted(papers, date, storable_json(list(terms)), METADATA)


def accept_collection(collection: Collection, date: datetime) -> Accepted:
    """Turn statements that are in no paper of the model's into EMMAA statements.

    Their metadata are the config's, and ``source``, which says where they came from. A statement
    that cannot be used costs itself.
    """
    intake = _Intake(collection.source, numbered=True)
    intake.take(collection.statements)
    metadata = storable_json({**collection.metadata, SOURCE: collection.source})
    return intake.accepted([], date, [], metadata)


@dataclass
class _Intake:
    """The statements of one paper, file or collection on their way in.

    :param where: how left-out statements name it
    :param numbered: whether a statement's number in it tells a person which one it is
    """

    where: str
    numbered: bool
    kept: list[Statement] = field(default_factory=list)
    papers: dict[PaperId, None] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    fixed: int = 0
    dropped: int = 0

    def take(
        self,
        readings: Iterable[Reading],
        paper_of: Callable[[Evidence], PaperId] | None = None,
        prepare: Callable[[Evidence], None] | None = None,
    ) -> None:
        """Take in statements; what cannot be used is noted.

        :param paper_of: returns the paper of a piece of evidence
        :param prepare: changes the evidence before
        """
        for number, reading in enumerate(readings):
            label = _label(reading)
            item = f"item {number}, {label}" if self.numbered else label
            try:
                statement = self._checked(reading, item)
                if prepare:
                    for evidence in statement.evidence:
                        prepare(evidence)
                if not self._repaired(statement):
                    self.dropped += 1
                    continue
                papers = self._papers(statement, item, paper_of) if paper_of else []
                self.kept.append(_normal(statement))
            except NoStatementError as error:
                self.left_out.append(LeftOut("statement", item, str(error), self.where))
            else:
                self.papers.update(dict.fromkeys(paper for paper in papers if paper != ""))

    def accepted(
        self,
        papers: list[PaperId],
        date: datetime,
        terms: Sequence[dict[str, Any]],
        metadata: Mapping[str, Any],
    ) -> Accepted:
        """Return what was taken in."""
        statements = [EmmaaStatement(stmt, date, terms, dict(metadata)) for stmt in self.kept]
        return Accepted(statements, papers, self.fixed, self.dropped, self.left_out)

    def _checked(self, reading: Reading, item: str) -> Statement:
        document = reading if _is_json(reading) else statement_document(reading)
        _check_entering(document)
        raw = read_raw_statement(document)
        for number, reason in raw.refused.items():
            self._leave_evidence_out(item, number, reason)
        return raw.statement

    def _leave_evidence_out(self, item: str, number: int, reason: str) -> None:
        self.left_out.append(LeftOut("evidence", f"{item}, evidence {number}", reason, self.where))

    def _repaired(self, statement: Statement) -> bool:
        """Let INDRA repair references; return whether the statement can stay."""
        from indra.tools.fix_invalidities import fix_invalidities

        before = _text(statement)
        try:
            remaining = fix_invalidities([statement])
        except Exception as error:  # references of a form that INDRA does not expect
            raise NoStatementError(
                f"INDRA cannot validate it: {type(error).__name__}: {error}"
            ) from error
        self.fixed += bool(remaining) and _text(statement) != before
        return bool(remaining)

    def _papers(
        self, statement: Statement, item: str, paper_of: Callable[[Evidence], PaperId]
    ) -> list[PaperId]:
        kept: dict[int, PaperId] = {}
        reasons: list[str] = []
        for number, evidence in enumerate(statement.evidence):
            try:
                kept[number] = paper_of(evidence)
            except BrokenOutputError as error:
                reasons.append(str(error))
                if len(statement.evidence) > 1:
                    self._leave_evidence_out(item, number, str(error))
        if not kept:
            raise NoStatementError(reasons[0])
        statement.evidence = [statement.evidence[number] for number in kept]
        return list(kept.values())


def _is_json(reading: Reading) -> bool:
    from indra.statements import Statement

    return not isinstance(reading, Statement)


def _label(reading: Reading) -> str:
    if _is_json(reading):
        return statement_label(reading)
    names = [getattr(reading, role, None) for role in _agent_order(reading)]
    agents = [agent for name in names for agent in (name if isinstance(name, list) else [name])]
    listed = ", ".join(str(getattr(agent, "name", None)) for agent in agents)
    return f"{type(reading).__name__}({listed})"


def _agent_order(reading: Reading) -> Sequence[str]:
    order = type(reading)._agent_order
    return order if isinstance(order, list) else ()  # base classes have none


def _check_entering(document: Any) -> None:
    # INDRA takes a role it does not find to be unknown: a misspelt one would lose an agent.
    try:
        foreign = foreign_fields(document)
    except SchemaError as error:
        raise NoStatementError(str(error)) from error
    if foreign:
        raise NoStatementError(f"{document['type']} has no field {', '.join(map(repr, foreign))}")
    if not document.get("evidence"):
        raise NoStatementError("it has no evidence, which would name its paper")


def _known(paper_id: PaperId) -> list[PaperId]:
    # A text-ref id is known of papers of which something was read, and of no others.
    return [paper_id] if paper_id != "" else []


def _name_paper(evidence: Evidence, id_type: str, paper_id: PaperId) -> None:
    evidence.text_refs[id_type] = paper_id
    if id_type == "PMID":
        evidence.pmid = str(paper_id)


def _paper_of(evidence: Evidence, id_type: str) -> PaperId:
    """Return the paper of a piece of evidence; an empty text for one without a PubMed id.

    :raises BrokenOutputError: if the evidence does not name it.
    """
    # INDRA's repairs write the types of references in capitals.
    refs = evidence.text_refs
    found = refs.get(id_type) or refs.pop(id_type.upper(), None) or refs.pop(id_type.lower(), None)
    if not found or not isinstance(found, (str, int)):
        if id_type == "PMID" and _is_of_another_paper(evidence):
            return ""
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


def _is_of_another_paper(evidence: Evidence) -> bool:
    """Return whether evidence names a paper that PubMed does not have, and note it.

    Preprints and books have no PubMed id, and BEL graphs cite papers by DOI or PMC id alone.
    """
    for id_type in _OTHER_IDS:
        paper_id = evidence.text_refs.get(id_type)
        if paper_id and isinstance(paper_id, str):
            evidence.annotations[id_type.lower()] = paper_id
            return True
    return bool(evidence.annotations.get("citation_ref"))


def _normal(statement: Statement) -> Statement:
    """Return the statement as it will be read back from JSON: tuples become lists, and so on.

    Otherwise what is read again would differ from what was stored.
    """
    from indra.statements import Statement

    normal = Statement._from_json(json.loads(_text(statement)))
    give_ids(normal, reading_hash(normal))
    return normal


def _text(statement: Statement) -> str:
    return json.dumps(statement_document(statement), ensure_ascii=False, sort_keys=True)
