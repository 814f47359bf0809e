"""The source ``biorxiv``: preprints of one collection of bioRxiv and medRxiv.

The config's ``reading.collection_id`` names it. The collection on COVID-19 (181), of tens of
thousands of preprints, is read by the API in pages, newest first; the API has no other one, and
those come as one list. The environment variables ``BIORXIV_URL`` (collections) and
``BIORXIV_API_URL`` (the paged API) may give other addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from emmaa_cycle.dates import parse_day
from emmaa_cycle.errors import InputError
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import Answer, WebService

COVID19_COLLECTION = "181"
#: A list with so many preprints may be cut off.
LIST_LIMIT = 100
#: Seconds between two requests.
_INTERVAL = 0.5
_TOTAL = re.compile(r"0*[1-9]\d{0,8}", re.ASCII)
_DOI = re.compile(r"10\.\d[\d.]*/[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True)
class _Preprint:
    """One entry of a collection.

    :param doi: None if it names none
    :param day: None if it names none
    :param name: for messages
    """

    doi: str | None
    day: date | None
    name: str


class BioRxiv:
    """bioRxiv's collections.

    :param collections: gives a collection as one list; made from the environment if None
    :param api: gives the COVID-19 collection in pages; likewise
    """

    def __init__(
        self, collections: WebService | None = None, api: WebService | None = None
    ) -> None:
        self._collections = collections or _collections_service()
        self._api = api or _api_service()

    def papers(self, search: Search) -> Iterator[Paper]:
        """Yield the collection's preprints of the window, each once.

        Preprints without a DOI or day, and days that the list may not reach, are problems of
        their own.

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
        dois: set[str] = set()
        for found in self._found(collection, search.window):
            if isinstance(found, Paper):
                yield found
            else:
                dois.add(found)
        for doi in sorted(dois):
            paper_id = doi if reading.main_id_type.upper() == "DOI" else ""
            yield Paper(f"DOI {doi}", paper_id, [term], refs={"DOI": doi})

    def _found(self, collection: str, window: Window) -> Iterator[str | Paper]:
        """Yield the DOIs of the window, in capitals as the INDRA DB writes them, and problems."""
        if collection == COVID19_COLLECTION:
            yield from self._covid19(window)
            return
        answer = self._collections.get("relate/collection_json.php", {"grp": collection})
        listed = _preprints(answer, "rels")
        yield from _of_window(listed, window)
        oldest = min((each.day for each in listed if each.day), default=None)
        if oldest and len(listed) >= LIST_LIMIT and oldest >= window.since:
            yield _not_covered(collection, window, oldest, f"it names {len(listed)} preprints")

    def _covid19(self, window: Window) -> Iterator[str | Paper]:
        cursor, total = 0, 1
        oldest = None
        seen: set[_Preprint] = set()
        while cursor < total:
            answer = self._api.get(f"covid19/{cursor}/json")
            page = _preprints(answer, "collection")
            if not page and oldest:
                reason = f"it announces {total} preprints and names {cursor}"
                yield _not_covered(COVID19_COLLECTION, window, oldest, reason)
                return
            total = _total(answer)
            if not page:
                answer.nonsense(f"incomplete: nothing from {cursor} on, of {total}")
            if seen.issuperset(page):
                answer.nonsense(f"the same from {cursor} on as before")
            seen.update(page)
            yield from _of_window(page, window)
            days = [each.day for each in page if each.day]
            if days and max(days) < window.since:
                return
            oldest = min(days, default=oldest)
            cursor += len(page)


def _of_window(preprints: Iterable[_Preprint], window: Window) -> Iterator[str | Paper]:
    for preprint in preprints:
        if preprint.day is None:
            yield Paper(preprint.name, problem="bioRxiv names no day of it (rel_date)")
        elif preprint.day in window:
            doi = (preprint.doi or "").upper()
            fault = "names no DOI of it (rel_doi)" if not doi else "names it, but it is not a DOI"
            yield doi if _DOI.fullmatch(doi) else Paper(preprint.name, problem=f"bioRxiv {fault}")


def _not_covered(collection: str, window: Window, oldest: date, reason: str) -> Paper:
    # The days are only in the reason, so that it is reported to operators once, not every day.
    return Paper(
        f"bioRxiv collection {collection}",
        problem=f"its list ends at {oldest}, so preprints from {window.since} on may be missing:"
        f" {reason}; read a window that starts later, or more often",
        problem_kind="service",
    )


def _total(answer: Answer) -> int:
    document = answer.json()
    messages = document.get("messages") if isinstance(document, dict) else None
    message = messages[0] if isinstance(messages, list) and messages else None
    total = str(message.get("total", "")) if isinstance(message, dict) else ""
    if not _TOTAL.fullmatch(total):
        answer.nonsense("not a page of the collection: it has no total above 0")
    return int(total)


def _preprints(answer: Answer, field: str) -> list[_Preprint]:
    """Return the entries of an answer; odd ones lack a DOI or a day.

    :raises SourceUnavailableError: if it is not a list of preprints, or none of them has the field
        of the day, so that what is of the window cannot be known.
    """
    document = answer.json()
    listed = document.get(field) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        answer.nonsense(f"not a collection: it has no list {field!r}")
    if listed and not any(isinstance(item, dict) and "rel_date" in item for item in listed):
        answer.nonsense(f"not a collection: {listed[0]!r:.80} has no rel_date")
    return [_preprint(item) for item in listed]


def _preprint(item: Any) -> _Preprint:
    fields = item if isinstance(item, dict) else {}
    names = (fields.get(name) for name in ("rel_doi", "rel_link", "rel_title"))
    doi, day = fields.get("rel_doi"), fields.get("rel_date")
    name = next((text for text in names if isinstance(text, str) and text.strip()), repr(item))
    return _Preprint(
        doi.strip() or None if isinstance(doi, str) else None,
        _day(day) if isinstance(day, str) else None,
        f"preprint {name.strip()}",
    )


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except InputError:
        return None


def _collections_service() -> WebService:
    """Return the service of bioRxiv's collections of preprints, each one list."""
    return clients.service(
        "bioRxiv", "BIORXIV_URL", "https://connect.biorxiv.org", interval=_INTERVAL
    )


def _api_service() -> WebService:
    """Return bioRxiv's API, which serves its COVID-19 collection in pages."""
    return clients.service(
        "bioRxiv", "BIORXIV_API_URL", "https://api.biorxiv.org", interval=_INTERVAL
    )
