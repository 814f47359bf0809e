"""Addresses of the EMMAA page in Airflow (docs/page.md)."""

from __future__ import annotations

from urllib.parse import urlencode

#: The page's place in Airflow's UI, below ``/plugin/``.
PAGE_ROUTE = "emmaa"


def page_address(airflow_url: str, model: str = "", date: str = "") -> str:
    """Return the address of the overview, of a model, or of one of its rounds.

    :param airflow_url: scheme and host, with a path if Airflow lives under one
    :param date: the round's ``<dt>``; the newest if empty
    """
    place = f"{airflow_url.rstrip('/')}/plugin/{PAGE_ROUTE}"
    query = {"page": "model", "model": model, "round": date} if model else {}
    shown = {name: value for name, value in query.items() if value}
    return f"{place}?{urlencode(shown)}" if shown else place
