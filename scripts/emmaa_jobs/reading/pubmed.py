"""The source ``pubmed``: papers that PubMed finds for the config's search terms.

A window is taken by the date on which a paper came into PubMed (``edat``): each paper has one
such day, and it never changes. The original asks for the last ten days (``reldate``) from the
day of the run, which no past day can be read with again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import SearchTerm
from emmaa_jobs.errors import RefusedRequestError
from emmaa_jobs.progress import progress
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import Answer, WebService

logger = logging.getLogger(__name__)

#: PubMed gives no more of one search; what is beyond is an error.
MOST_FOUND = 9_999
PAGE = 1_000
#: How often a search's pages are read where they do not hold what is counted.
PAGING_TRIES = 2
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class SearchTermError(InputError):
    """A search term that PubMed cannot search for; others it can."""


class PubMed:
    """PubMed, searched by NCBI's E-utilities.

    :param service: the service to ask; made from the environment if None
    :param page: how many ids are asked for at once
    """

    def __init__(self, service: WebService | None = None, page: int = PAGE) -> None:
        self._service = service or clients.pubmed()
        self._page = page

    def papers(self, search: Search) -> Iterator[Paper]:
        """Yield the papers that came into PubMed in the window, with the terms that found them.

        A term that cannot be searched for is reported as a problem.

        :raises SourceUnavailableError: if PubMed is down or answers nonsense.
        :raises InputError: if no search term can be searched for, or PubMed refuses the API key.
        """
        found: dict[str, list[dict[str, Any]]] = {}
        odd: set[str] = set()
        config_file = search.config_file
        by_text, faults = _by_text(config_file.config.search_terms, config_file.where)
        searched = 0
        refused: RefusedRequestError | None = None
        for text, terms in progress(by_text.items(), "searching PubMed", "term"):
            try:
                pmids = self._pmids(text, search.window)
            except SearchTermError as error:
                faults[f"search term {text!r}"] = str(error)
                continue
            except RefusedRequestError as error:  # such as a term that is too long
                faults[f"search term {text!r}"], refused = str(error), error
                continue
            searched += 1
            for pmid in pmids:
                if _NUMBER.fullmatch(pmid):
                    found.setdefault(pmid, []).extend(term.model_dump() for term in terms)
                else:
                    odd.add(pmid)
        if refused and not searched:
            raise refused
        if faults and not searched:
            raise InputError("; ".join(faults.values()))
        for term, fault in faults.items():
            yield Paper(term, problem=fault, problem_kind="search term")
        id_type = config_file.config.reading.main_id_type
        for pmid in sorted(found, key=int):
            paper_id = pmid if id_type.upper() == "PMID" else ""
            yield Paper(f"PMID {pmid}", paper_id, found[pmid], refs={"PMID": pmid})
        for text in sorted(odd):
            yield Paper(f"PMID {text!r}", problem="PubMed found it, but it is not a number")

    def _pmids(self, text: str, window: Window) -> set[str]:
        query = f"{text}[tw]"
        for _ in range(PAGING_TRIES):
            count, found = self._all_pages(query, window)
            if count > MOST_FOUND:
                return self._in_halves(text, window, count)
            # More than are counted is well: a paper was taken back meanwhile.
            if len(found) >= count:
                logger.info("PubMed: %d papers for %s, %s to %s", len(found), query, *_days(window))
                return found
            logger.warning("PubMed: %d of %d papers for %s in its pages", len(found), count, query)
        raise self._service.unavailable(
            "esearch.fcgi",
            f"pages of {query}, {' to '.join(_days(window))} overlap each time: {len(found)} of"
            f" {count} papers are in them",
        )

    def _all_pages(self, query: str, window: Window) -> tuple[int, set[str]]:
        """Return PubMed's count, and the papers in its pages.

        A paper that comes in between two pages moves all others, of which one then stands on two
        pages and another one on none.
        """
        found: set[str] = set()
        start, count = 0, 1
        while start < count <= MOST_FOUND:
            count, ids = self._page_of(query, window, start)
            found.update(ids)
            start += self._page
        return count, found

    def _in_halves(self, text: str, window: Window, count: int) -> set[str]:
        days = (window.until - window.since).days
        if not days:
            raise SearchTermError(
                f"search term {text!r} finds {count} papers of {window.since} alone, and PubMed"
                f" gives at most {MOST_FOUND} of one search: make the term narrower"
            )
        middle = window.since + timedelta(days=days // 2)
        later = Window(middle + timedelta(days=1), window.until)
        return self._pmids(text, Window(window.since, middle)) | self._pmids(text, later)

    def _page_of(self, query: str, window: Window, start: int) -> tuple[int, list[str]]:
        since, until = _days(window)
        answer = self._service.get(
            "esearch.fcgi",
            {
                "db": "pubmed",
                "term": query,
                "datetype": "edat",
                "mindate": since,
                "maxdate": until,
                "retstart": start,
                "retmax": self._page,
                "sort": "pub_date",
                "retmode": "xml",
                "tool": "emmaa",
            },
        )
        root = _search_result(answer)
        if _not_found(root, query):
            return 0, []
        count, ids = _count_and_ids(root, answer)
        expected = min(self._page, count - start)
        if count <= MOST_FOUND and len(ids) < expected:
            answer.nonsense(f"incomplete: {len(ids)} ids where {expected} should be")
        return count, ids


def _by_text(
    terms: Sequence[SearchTerm], where: str
) -> tuple[dict[str, list[SearchTerm]], dict[str, str]]:
    """Return the terms by what is searched for, and why the others cannot be."""
    by_text: dict[str, list[SearchTerm]] = {}
    faults: dict[str, str] = {}
    for term in terms:
        if term.search_term.strip():
            by_text.setdefault(term.search_term, []).append(term)
        else:
            faults[f"search term named {term.name!r}"] = (
                f"{where}: search term {term.name!r} has an empty search_term"
            )
    return by_text, faults


def _days(window: Window) -> tuple[str, str]:
    return f"{window.since:%Y/%m/%d}", f"{window.until:%Y/%m/%d}"


def _search_result(answer: Answer) -> Any:
    root = answer.xml()
    if root.tag != "eSearchResult":
        answer.nonsense(f"<{root.tag}>, not an <eSearchResult>")
    error = root.findtext("ERROR")
    if error is not None:
        raise answer.service.unavailable(answer.where, f"it reports: {' '.join(error.split())}")
    return root


def _not_found(root: Any, query: str) -> bool:
    """Return whether PubMed could not search for the query, and so returned something else.

    :raises SearchTermError: if the term names a field that PubMed does not have.
    """
    faults = [(fault.tag, fault.text or "") for fault in root.iterfind("ErrorList/*")]
    faults = [fault for fault in faults if fault[1].strip()]
    for tag, text in faults:
        if tag == "FieldNotFound":
            raise SearchTermError(f"search term {query!r}: PubMed knows no field {text!r}")
        logger.warning("PubMed: search term %r: %s %r: no papers", query, tag, text)
    for warning in root.iterfind("WarningList/*"):
        if warning.tag != "OutputMessage":
            logger.warning("PubMed: search term %r: %s %r", query, warning.tag, warning.text)
    return bool(faults)


def _count_and_ids(root: Any, answer: Answer) -> tuple[int, list[str]]:
    count = root.findtext("Count") or ""
    ids = [item.text or "" for item in root.iterfind("IdList/Id")]
    if not _NUMBER.fullmatch(count):
        answer.nonsense(f"not a search result: {count!r} is not a number")
    if ids and not any(map(_NUMBER.fullmatch, ids)):
        answer.nonsense(f"not a search result: {ids[0]!r} is not a number")
    return int(count), ids
