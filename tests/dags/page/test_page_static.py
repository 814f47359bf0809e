"""The files of the EMMAA page that are the same for everybody, and its import by Airflow."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.stack.layout import REPOSITORY
from tests.dags.page.served_page import (
    Client,
    model,
    serve,
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    return serve(monkeypatch, model("rasmodel"), model("skcm", "Melanoma"))


@pytest.mark.parametrize(
    "name",
    [
        "page.css",
        "theme.js",
        "overview.js",
        "address.js",
        "frame.js",
        "held.js",
        "model.js",
        "start.js",
        "uplot.js",
    ],
)
def test_static_files_are_served(client: Client, name: str) -> None:
    answer = client.get(f"/emmaa/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e%2fapp.py", "app.py", "page.css/x"])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/emmaa/static/{name}").status_code == 404


def test_the_page_loads_nothing_from_elsewhere() -> None:
    folder = REPOSITORY / "plugins" / "emmaa_airflow" / "page"
    files = [*folder.glob("static/*"), *folder.glob("templates/*")]
    assert len(files) >= 9
    for file in files:
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        # Its licence's line names its home; no code of it opens an address.
        text = text.removeprefix("/*! https://github.com/leeoniya/uPlot (v1.6.32) */")
        assert "http://" not in text, file
        assert "https://" not in text, file
        assert "innerHTML" not in text, file


#: As npm's package uplot 1.6.32 has them.
UPLOT = {
    "uplot.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uplot-LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


@pytest.mark.parametrize(("name", "digest"), UPLOT.items())
def test_uplot_is_what_its_authors_released(name: str, digest: str) -> None:
    file = REPOSITORY / "plugins" / "emmaa_airflow" / "page" / "static" / name
    assert hashlib.sha256(file.read_bytes()).hexdigest() == digest
    assert digest in (REPOSITORY / "docs" / "page.md").read_text()


LOADED = """
import sys, airflow.plugins_manager, emmaa_airflow.batch.submit_pool
from emmaa_airflow.reporting import failure_log, run_notes
before = set(sys.modules)
import cycle_plugin
plugin = cycle_plugin.EmmaaPlugin()
print(sorted(set(sys.modules) - before))
"""


def test_airflow_s_other_processes_load_next_to_nothing() -> None:
    """Every process of Airflow loads the plugin; the API server alone asks for its app."""
    path = [str(Path(REPOSITORY) / "plugins")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{LOADED}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == str(
        ["cycle_plugin", "emmaa_airflow.page", "emmaa_airflow.page.views"]
    )
