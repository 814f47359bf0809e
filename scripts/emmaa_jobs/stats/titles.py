"""Titles of papers from PubMed, by NCBI's ESummary."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.statements.fields import Key

if TYPE_CHECKING:
    from emmaa_jobs.services.web_service import WebService

logger = logging.getLogger(__name__)

#: Papers asked for at once: as many as NCBI takes in an address.
BATCH = 200
#: How often a batch whose answer cannot be read is halved, so that one odd record costs itself.
MOST_HALVINGS = 12
#: Longer titles are shortened; PubMed's longest have about 2,000 characters.
MAX_LENGTH = 1000
# Controls, noncharacters and surrogates, which databases, XML or UTF-8 cannot hold.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MARKUP = re.compile(r"</?(?:b|i|u|em|sub|sup|strong)>", re.IGNORECASE)


class PubMedTitles:
    """A lookup of titles; papers without a PubMed id have none.

    An outage costs the titles alone: they are shown, and nothing is made of them.

    :param seconds: how long PubMed is waited for, in all
    :param service: the service to ask; made from the environment if None
    :param left_out: where lost titles are noted, an outage as one item
    """

    def __init__(
        self,
        seconds: float,
        service: WebService | None = None,
        batch: int = BATCH,
        left_out: LeftOutList | None = None,
    ) -> None:
        self._seconds = seconds
        self._left_out = LeftOutList() if left_out is None else left_out
        self._service = service
        self._batch = batch

    def __call__(self, papers: Mapping[Key, Mapping[str, Any]]) -> dict[Key, str]:
        """Return the titles that PubMed knows and returns in time, by paper id."""
        by_pmid: dict[str, list[Key]] = defaultdict(list)
        for paper, refs in papers.items():
            pmid = str(refs.get("PMID") or "")
            if pmid.isascii() and pmid.isdecimal():
                by_pmid[pmid].append(paper)
        if not by_pmid:
            return {}
        titles = self._titles(sorted(by_pmid, key=int))
        logger.info("PubMed: %d titles of %d papers", len(titles), len(by_pmid))
        return {paper: title for pmid, title in titles.items() for paper in by_pmid[pmid]}

    def _titles(self, pmids: Sequence[str]) -> dict[str, str]:
        from emmaa_jobs.services import clients
        from emmaa_jobs.services.http_limits import within
        from emmaa_jobs.services.web_service import NonsenseAnswerError

        titles: dict[str, str] = {}
        lost: dict[str, str] = {}
        starts = range(0, len(pmids), self._batch)
        remaining = [pmids[start : start + self._batch] for start in reversed(starts)]
        try:
            service = self._service or clients.pubmed()
            end = service.clock.now() + self._seconds
            halvings = MOST_HALVINGS
            while remaining:
                left = end - service.clock.now()
                if left <= 0:
                    self._stop(f"PubMed took longer than {self._seconds:g} s")
                    break
                service.patience = within(left, service.patience)
                batch = remaining.pop()
                try:
                    titles |= _summaries(service, batch)
                except NonsenseAnswerError as error:
                    if len(batch) == 1 or not halvings:
                        lost |= dict.fromkeys(batch, str(error))
                    else:
                        halvings -= 1
                        half = len(batch) // 2
                        remaining += [batch[half:], batch[:half]]
        except (SourceUnavailableError, InputError) as error:
            self._stop(str(error))
        self._note(lost, outage=len(lost) == len(pmids))
        return titles

    def _note(self, lost: Mapping[str, str], *, outage: bool) -> None:
        if outage:
            self._stop(next(iter(lost.values())))
            return
        for pmid, fault in lost.items():
            self._left_out.add("title", f"PMID {pmid}", fault, "PubMed")

    def _stop(self, fault: str) -> None:
        reason = f"papers are left without a title: {fault}"
        self._left_out.add("service", "titles of PubMed", reason)


def _summaries(service: WebService, pmids: Sequence[str]) -> dict[str, str]:
    answer = service.get(
        "esummary.fcgi",
        {"db": "pubmed", "id": ",".join(pmids), "retmode": "json", "tool": "emmaa"},
    )
    document = answer.json()
    summaries = document.get("result") if isinstance(document, dict) else None
    if not isinstance(summaries, dict):
        answer.nonsense("not summaries: it has no object `result`")
    titles = {pmid: _title(summaries.get(pmid)) for pmid in pmids}
    return {pmid: title for pmid, title in titles.items() if title}


def _title(summary: object) -> str:
    title = summary.get("title") if isinstance(summary, dict) else None
    plain = _MARKUP.sub("", unescape(title)) if isinstance(title, str) else ""
    line = " ".join(_UNSTORABLE.sub(" ", plain).split())
    return line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…"
