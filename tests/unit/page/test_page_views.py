"""The places of the page in Airflow's UI: their addresses are bookmarked and must not change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emmaa_airflow.page import views

SCRIPT = Path(views.__file__).parent / "static" / "frame.js"


def test_the_views_keep_their_addresses_and_have_their_components() -> None:
    found = {view["name"]: view for view in views.react_views()}
    assert {name: view["url_route"] for name, view in found.items()} == {
        "EMMAA": "emmaa",
        "Round": "emmaa-round",
    }
    assert [found[name]["destination"] for name in ("EMMAA", "Round")] == ["nav", "dag_run"]
    assert set(re.findall(r"globalThis\.(\w+) = ", SCRIPT.read_text("utf-8"))) == set(found)


def test_files_are_under_airflows_own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://example.org/airflow/")
    for view in views.react_views():
        for key in ("bundle_url", "icon", "icon_dark_mode"):
            assert view[key].startswith("/airflow/emmaa/static/")
            assert (SCRIPT.parent / Path(view[key]).name).is_file()
