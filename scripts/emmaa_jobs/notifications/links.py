"""Addresses that mails and tweets lead to, of the dashboard or of the EMMAA page in Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from emmaa_cycle.dates import day_of
from emmaa_cycle.page_address import page_address
from emmaa_cycle.settings import Settings


@dataclass(frozen=True)
class Links:
    """The addresses of what messages report.

    :param domain: the host of the web service with the dashboard
    :param airflow_url: Airflow's address; if empty, the links lead to the dashboard
    """

    domain: str
    airflow_url: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Links:
        """Return the links of a deployment."""
        return cls(settings.domain, settings.links.airflow_url)

    @property
    def home(self) -> str:
        """Return where all models are."""
        return page_address(self.airflow_url) if self.airflow_url else f"https://{self.domain}"

    def statements(self, model: str, date: str) -> str:
        """Return where a round's new statements are.

        :param date: the round's ``<dt>``
        """
        return self._round(model, date, "addedStmts", tab="model")

    def tests(self, model: str, corpus: str, date: str, part: str) -> str:
        """Return where a round's tests of a corpus are.

        :param part: of the dashboard's page: ``newAppliedTests`` or ``newPassedTests``
        """
        return self._round(model, date, part, tab="tests", test_corpus=corpus)

    def answer(self, model: str, mc_type: str, query_hash: int) -> str:
        """Return where the answer of a model type to a path query or an open search is."""
        if self.airflow_url:
            return page_address(self.airflow_url, model)
        asked = urlencode({"model_type": mc_type, "query_hash": query_hash, "order": 1})
        return f"https://{self.domain}/query/{quote(model, safe='')}?{asked}"

    def queries(self, tab: str) -> str:
        """Return where the queries of a tab of the dashboard are: ``static``, ``open``, …"""
        if self.airflow_url:
            return self.home
        return f"https://{self.domain}/query?{urlencode({'tab': tab})}"

    def _round(self, model: str, date: str, part: str, **query: str) -> str:
        if self.airflow_url:
            return page_address(self.airflow_url, model, date)
        shown = urlencode({**query, "date": day_of(date)})
        return f"https://{self.domain}/dashboard/{quote(model, safe='')}?{shown}#{part}"
