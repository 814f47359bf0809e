"""Addresses of the EMMAA page are those that the page understands."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.page_address import PAGE_ROUTE, page_address
from emmaa_cycle.settings import load_settings

PAGE = Path(__file__).parents[3] / "plugins/emmaa_airflow/page"


@pytest.mark.parametrize("base", ["https://airflow.org/base", "https://airflow.org/base/"])
def test_a_round_of_a_model(base: str) -> None:
    parts = urlsplit(page_address(base, "a&b c", "2026-03-01-17-00-00"))
    assert parts.path == "/base/plugin/emmaa"
    query = {"page": ["model"], "model": ["a&b c"], "round": ["2026-03-01-17-00-00"]}
    assert parse_qs(parts.query) == query
    assert 'query.get("page")' in (PAGE / "static/frame.js").read_text()
    assert f'"url_route": "{PAGE_ROUTE}"' in (PAGE / "views.py").read_text()


def test_the_overview() -> None:
    assert page_address("http://localhost:8080") == "http://localhost:8080/plugin/emmaa"


@pytest.mark.parametrize(
    "address", ["airflow.org", "javascript:alert(1)", "https://", "https://a b", "https://a/?x=1"]
)
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_LINKS__AIRFLOW_URL", address)
    load_settings.cache_clear()
    with pytest.raises(InputError, match=r"key links\.airflow_url"):
        load_settings()
    load_settings.cache_clear()
