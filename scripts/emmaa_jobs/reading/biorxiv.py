"""The source ``biorxiv``: preprints of one collection of bioRxiv and medRxiv.

The config's ``reading.collection_id`` names it. The collection on COVID-19 (181), of tens of
thousands of preprints, is read by the API in pages, newest first; the API has no other one, and
those come as one list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from emmaa_cycle.dates import parse_day
from emmaa_cycle.errors import InputError
from emmaa_jobs.reading import services
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.reading.web_service import Answer, WebService

COVID19_COLLECTION = "181"


class BioRxiv:
    """bioRxiv's collections.

    :param collections: gives a collection as one list; made from the environment if None
    :param api: gives the COVID-19 collection in pages; likewise
    """

    def __init__(
        self, collections: WebService | None = None, api: WebService | None = None
    ) -> None:
        self._collections = collections or services.biorxiv_collections()
        self._api = api or services.biorxiv_api()

    def papers(self, search: Search) -> Iterator[Paper]:
        """The collection's preprints of the window, each once.

        :raises SourceUnavailableError: if bioRxiv is down or answers nonsense.
        """
        reading = search.config_file.config.reading
        collection = reading.collection_id
        if not (collection.isascii() and collection.isdecimal()):
            raise InputError(
                f"{search.config_file.where}: field reading.collection_id is {collection!r};"
                " a collection of bioRxiv has a number"
            )
        term: dict[str, Any] = {
            "type": "other",
            "name": f"biorxiv: {collection}",
            "search_term": None,
            "db_refs": {},
        }
        # As the INDRA DB writes them.
        dois = {doi.upper() for doi in self._dois(collection, search.window)}
        for doi in sorted(dois):
            if not _is_doi(doi):
                yield Paper(f"DOI {doi}", problem="bioRxiv names it, but it is no DOI")
                continue
            paper_id = doi if reading.main_id_type.upper() == "DOI" else ""
            yield Paper(f"DOI {doi}", paper_id, [term], refs={"DOI": doi})

    def _dois(self, collection: str, window: Window) -> Iterator[str]:
        if collection == COVID19_COLLECTION:
            yield from self._covid19(window)
            return
        answer = self._collections.get("relate/collection_json.php", {"grp": collection})
        for doi, day in _preprints(answer, "rels"):
            if day in window:
                yield doi

    def _covid19(self, window: Window) -> Iterator[str]:
        cursor, total = 0, 1
        while cursor < total:
            answer = self._api.get(f"covid19/{cursor}/json")
            total = _total(answer)
            page = list(_preprints(answer, "collection"))
            if not page:
                answer.nonsense(f"not whole: nothing from {cursor} on, of {total}")
            yield from (doi for doi, day in page if day in window)
            if max(day for _, day in page) < window.since:
                return
            cursor += len(page)


def _total(answer: Answer) -> int:
    document = answer.json()
    messages = document.get("messages") if isinstance(document, dict) else None
    message = messages[0] if isinstance(messages, list) and messages else None
    total = str(message.get("total", "")) if isinstance(message, dict) else ""
    if not (total.isascii() and total.isdecimal() and int(total)):
        answer.nonsense("no page of the collection: it has no total above 0")
    return int(total)


def _preprints(answer: Answer, field: str) -> Iterator[tuple[str, date]]:
    document = answer.json()
    listed = document.get(field) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        answer.nonsense(f"no collection: it has no list {field!r}")
    for item in listed:
        yield _preprint(item, answer)


def _preprint(item: Any, answer: Answer) -> tuple[str, date]:
    doi, day = (item.get("rel_doi"), item.get("rel_date")) if isinstance(item, dict) else ("", "")
    if not isinstance(doi, str) or not isinstance(day, str) or not doi.strip():
        answer.nonsense(f"no collection: {item!r:.80} has no rel_doi and rel_date")
    try:
        return doi.strip(), parse_day(day)
    except InputError:
        answer.nonsense(f"no collection: rel_date of {doi} is {day!r}, no day")


def _is_doi(text: str) -> bool:
    prefix, _, suffix = text.partition("/")
    return prefix.startswith("10.") and prefix[3:].isdecimal() and bool(suffix)
