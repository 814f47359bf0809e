"""The EMMAA page's app: what it answers, and what its text may not do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException

from emmaa_airflow.page import app as page_app
from emmaa_airflow.page.access import DAGS, MAY_SEE
from emmaa_airflow.page.files import Download, File, Files
from emmaa_airflow.page.jobs import Jobs
from emmaa_airflow.page.refreshing import Refreshing
from emmaa_airflow.page.round_reader import RoundChanges, RoundReader
from emmaa_airflow.page.service import PageService
from emmaa_airflow.page.snapshot import ModelParts, Snapshot
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.changes import (
    CorpusChanges,
    Paper,
    Statement,
    StatementChanges,
    Test,
    TestChange,
    Verdict,
)
from emmaa_cycle.overview.series import Chart, Line
from emmaa_cycle.stages import Stage
from infra.local.stack.layout import REPOSITORY
from tests.unit.page.page_bucket import DAY_1, DAY_2, parts

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'
SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Tags(HTMLParser):
    """The tags and visible texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def model(name: str, title: str = "Ras Model") -> ModelParts:
    return ModelParts(name, {part.scope: part for part in parts(name, title)})


def hostile_model() -> ModelParts:
    """One whose every text of others is an attack."""
    found = {}
    for part in parts(HOSTILE.replace("/", "|"), HOSTILE):
        document = part.document()
        document |= {"summary": HOSTILE, "dag_id": HOSTILE, "run_id": HOSTILE}
        if part.stage is Stage.MODEL_STATS:
            document["figures"]["news"] = [{"hash": "1", "sentence": HOSTILE, "evidence": 1}]
        if part.stage is Stage.TEST_STATS:
            types = document["figures"]["types"]
            document["figures"] |= {"name": HOSTILE, "types": {HOSTILE: types["pysb"]}}
        found[part.scope] = part.model_validate_json(json.dumps(document))
    name = next(iter(found.values())).model
    return ModelParts(name, found, faults=(HOSTILE,))


class Client:
    """Asks an app in this process, mounted below a path as Airflow does it."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.outer = FastAPI()
        self.outer.mount("/emmaa", app)

    def get(self, path: str, **keywords: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.outer)
            async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
                return await client.get(path, **keywords)

        return asyncio.run(ask())


class FakeBatch:
    """Describes jobs whose every text is an attack."""

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        if "refused" in jobs:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeJobs")
        job = {"jobName": "n", "status": "RUNNABLE", "jobQueue": "q", "statusReason": HOSTILE}
        return {"jobs": [{"jobId": job_id, **job} for job_id in jobs]}


def serve(
    monkeypatch: pytest.MonkeyPatch,
    *models: ModelParts,
    fault: str = "",
    rounds: Any = None,
    files: Any = None,
) -> Client:
    def read(publish: Any) -> None:
        if fault:
            raise RuntimeError(fault)
        publish(Snapshot(models, datetime.now(UTC)))

    service = PageService(
        Refreshing(read), cast(RoundReader, rounds), cast(Files, files), Jobs(FakeBatch(), {"q"})
    )
    monkeypatch.setattr(page_app, "page_service", lambda: service)
    app = page_app.make_app()
    for guard in MAY_SEE:
        app.dependency_overrides[guard.dependency] = lambda: None
    return Client(app)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    return serve(monkeypatch, model("rasmodel"), model("skcm", "Melanoma"))


def test_the_overview_has_a_row_a_model_with_its_figures(client: Client) -> None:
    page = client.get("/emmaa/overview")
    assert page.status_code == 200
    rows = [attrs["data-model"] for tag, attrs in Tags(page.text).tags if "data-model" in attrs]
    assert rows == ["skcm", "rasmodel"]
    for text in ("Melanoma", "A3 activates B.", "and 3 more", "3/4", "+4", "−1"):
        assert text in page.text


def test_rows_are_selected_by_the_address(client: Client) -> None:
    found = client.get("/emmaa/overview?find=mela").text
    assert "Melanoma" in found
    assert "Ras Model" not in found
    assert "No model is selected." in client.get("/emmaa/overview?state=asleep").text


def test_each_page_has_fifty_rows_and_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    models = [model(f"m{number:04}", f"Model {number:04}") for number in range(120)]
    client = serve(monkeypatch, *models)
    page = client.get("/emmaa/overview?start=50&sort=name")
    rows = [attrs["data-model"] for _, attrs in Tags(page.text).tags if "data-model" in attrs]
    assert rows == [f"m{number:04}" for number in range(50, 100)]
    assert "51 to 100 of 120" in page.text
    assert len(page.content) < 400_000


def test_text_of_others_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(monkeypatch, hostile_model())
    page = client.get("/emmaa/overview")
    found = Tags(page.text)
    scripts = [attrs for tag, attrs in found.tags if tag == "script"]
    assert [attrs["src"] for attrs in scripts] == [
        "static/theme.js",
        "static/address.js",
        "static/start.js",
        "static/overview.js",
    ]
    assert not [tag for tag, attrs in found.tags if tag == "img" or "onerror" in attrs]
    assert HOSTILE in "".join(found.texts)
    assert "49" not in page.text.replace("{{ 7*7 }}", "")
    (nonce,) = {attrs["nonce"] for attrs in scripts}
    assert f"script-src 'nonce-{nonce}';" in page.headers["Content-Security-Policy"]
    answer = client.get("/emmaa/api/models")
    assert answer.json()["models"][0]["title"].startswith("</script>")
    assert answer.headers["Content-Type"] == "application/json"


def test_each_page_is_fenced_in(client: Client) -> None:
    for path in ("overview", "round?dag_id=a&run_id=b", "nothing"):
        headers = client.get(f"/emmaa/{path}").headers
        assert {name: headers[name] for name in SECURE} == SECURE
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'nonce-")
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy


def test_all_of_it_is_json_too(client: Client) -> None:
    answer = client.get("/emmaa/api/models?find=ras").json()
    (row,) = answer["models"]
    assert (row["model"], row["title"], row["round"]) == ("rasmodel", "Ras Model", DAY_2)
    assert row["statistics"]["statements"] == 5
    assert row["corpora"][0]["figures"]["types"]["pysb"]["ratio"] == 0.75
    assert (answer["total"], answer["counts"]["finished"], answer["fault"]) == (1, 2, "")
    described = client.get("/emmaa/api/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/changes", "/api/cost", "/api/jobs", "/api/models", "/api/round",
    }  # fmt: skip


class Rounds:
    """Two rounds of any model, whose every text is an attack."""

    def read(self, model: str, corpora: Any, date: str, before: str) -> RoundChanges:
        if date == "gone":
            raise InputError(f"The model {model} has no statistics of {date}.")
        paper = Paper("p", HOSTILE, "https://pubmed.org/1")
        statement = Statement("1", HOSTILE, 3, 0.65, (paper, Paper(HOSTILE)))
        path = Verdict("Pass", f"A → {HOSTILE} ⊣ B", is_path=True)
        test = Test("2", HOSTILE, {HOSTILE: path, "pysb": Verdict("Fail", HOSTILE)})
        corpus = CorpusChanges(HOSTILE, (HOSTILE, "pysb"), (TestChange(test, (HOSTILE,)),))
        changes = StatementChanges((statement,) * 300, ())
        charts = (Chart(HOSTILE, (DAY_1, DAY_2), (Line(HOSTILE, (None, 2.5)),)),)
        return RoundChanges(
            model, DAY_2, DAY_1, (DAY_2, DAY_1), changes, (corpus,), charts, (HOSTILE,)
        )


def test_a_model_s_page_shows_what_changed_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(monkeypatch, model("rasmodel"), rounds=Rounds())
    page = client.get("/emmaa/model?model=rasmodel")
    assert page.status_code == 200
    found = Tags(page.text)
    assert not [tag for tag, attrs in found.tags if tag == "img" or "onerror" in attrs]
    scripts = [attrs["src"] for tag, attrs in found.tags if tag == "script" and "src" in attrs]
    assert scripts == [
        "static/theme.js",
        "static/start.js",
        "static/uplot.js",
        "static/address.js",
        "static/model.js",
    ]
    (data,) = re.findall(r'<script [^>]*id="charts">(.*?)</script>', page.text)
    (chart,) = json.loads(data)
    assert chart["lines"] == [{"name": HOSTILE, "values": [None, 2.5]}]
    assert "belief 0.65" in page.text
    (drawing,) = [attrs for tag, attrs in found.tags if tag == "svg" and "aria-label" in attrs]
    assert drawing["aria-label"] == f"A → {HOSTILE} ⊣ B"
    assert page.text.count("<li>") == page_app.SHOWN
    assert "and 100 more" in page.text
    assert "300 added" in page.text
    assert "newly passed" in page.text
    links = {attrs["href"] for tag, attrs in found.tags if tag == "a" and "rel" in attrs}
    assert links == {"https://pubmed.org/1", "https://emmaa.indra.bio/dashboard/rasmodel"}
    answer = client.get("/emmaa/api/changes?model=rasmodel").json()
    assert len(answer["statements"]["added"]) == 300
    assert answer["corpora"][0]["tests"][0]["newly_passed"] == [HOSTILE]


def test_costs_are_a_page_and_json_the_dearest_model_first(monkeypatch: pytest.MonkeyPatch) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}-00-00-00"
    cheap, dear = model("cheap", HOSTILE), model("dear", "Dear Model")
    spent = {"queries": {"emmaa_jobdef": {today: 3600.0}}}
    dear_spent = {"tests_a": {"emmaa_testing_jobs_def": {today: 7200.0}, "": {today: 1800.0}}}
    client = serve(
        monkeypatch,
        replace(cheap, spent=spent),
        replace(dear, spent=dear_spent),
        rounds=Rounds(),
    )
    page = client.get("/emmaa/cost").text
    assert not [tag for tag, attrs in Tags(page).tags if tag == "img" or "onerror" in attrs]
    assert page.index("Dear Model") < page.index("model=cheap")
    assert "10.00 vCPU-hours" in page
    assert "0.50 hours are of jobs whose job definition is unknown" in page
    answer = client.get("/emmaa/api/cost").json()
    assert [each["model"] for each in answer["models"]] == ["dear", "cheap"]
    assert answer["models"][0]["stages"]["tests"][0]["vcpu_hours"] == 8
    assert (answer["days"], answer["vcpu_hour"]) == (30, 0.04048)
    assert "An estimate of the last 30 days: <b>$0.1461</b>" in (
        client.get("/emmaa/model?model=cheap").text
    )


def test_a_job_s_state_is_json_with_batch_s_reason(client: Client) -> None:
    answer = client.get("/emmaa/api/jobs?id=1&id=2")
    assert answer.json()["2"] == {"status": "RUNNABLE", "reason": HOSTILE}
    refused = client.get("/emmaa/api/jobs?id=refused")
    assert (refused.status_code, "AccessDenied" in refused.text) == (502, True)
    too_many = "&".join(f"id={number}" for number in range(101))
    assert client.get(f"/emmaa/api/jobs?{too_many}").status_code == 422


class SomeFiles:
    """Files whose every text is an attack."""

    def of_round(self, model: str, *dates: str) -> dict[str, list[File]]:
        assert dates == (DAY_2, DAY_2)
        return {HOSTILE: [File(f"exports/{model}/{HOSTILE.replace('/', '|')}", 1234)]}

    def open(self, model: str, key: str) -> Download:
        if key != "exports/rasmodel/a.txt":
            raise InputError(f"{key!r} is no file of the model {model}.")
        return Download(iter([b"one ", b"two"]), {"Content-Length": "7"})


def test_a_model_s_files_are_listed_and_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(monkeypatch, model("rasmodel"), files=SomeFiles())
    page = client.get("/emmaa/files?model=rasmodel")
    found = Tags(page.text)
    assert not [tag for tag, attrs in found.tags if tag == "img" or "onerror" in attrs]
    assert "1.2 kB" in page.text
    answer = client.get("/emmaa/file?model=rasmodel&key=exports/rasmodel/a.txt")
    assert (answer.content, answer.headers["content-length"]) == (b"one two", "7")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert client.get("/emmaa/file?model=rasmodel&key=exports/other/a.txt").status_code == 404
    assert client.get("/emmaa/file?model=other&key=exports/rasmodel/a.txt").status_code == 404


@pytest.mark.parametrize("query", ["model=nobody", "model=rasmodel&round=gone"])
def test_a_model_or_round_that_is_not_there_is_a_page(
    monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    client = serve(monkeypatch, model("rasmodel"), rounds=Rounds())
    assert client.get(f"/emmaa/model?{query}").status_code == 404
    assert "no " in client.get(f"/emmaa/api/changes?{query}").json()["detail"]


def test_a_run_leads_to_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"dag_id": "emmaa_after_update", "run_id": "manual__1"}
    made = model("rasmodel")
    queries = made.parts[Stage.QUERIES].model_copy(update=run)
    known = {**made.parts, Stage.QUERIES: queries}
    client = serve(monkeypatch, ModelParts("rasmodel", known))
    page = client.get("/emmaa/round", params=run)
    assert "A1 activates B." in page.text
    assert client.get("/emmaa/api/round", params=run).json()["date"] == DAY_2
    other = client.get("/emmaa/round", params={**run, "run_id": "manual__2"})
    assert "This run is no round of an EMMAA model." in other.text
    assert client.get("/emmaa/api/round", params={**run, "run_id": "x"}).status_code == 404


def test_a_bucket_that_cannot_be_read_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(monkeypatch, fault="no network <b>")
    page = client.get("/emmaa/overview")
    assert page.status_code == 503
    assert "no network &lt;b&gt;" in page.text
    assert "no network" in client.get("/emmaa/api/models").json()["detail"]


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_see_it_gets_a_page_with_a_login(client: Client, status: int) -> None:
    def refuse() -> None:
        raise HTTPException(status, "no")

    client.app.dependency_overrides[MAY_SEE[1].dependency] = refuse
    page = client.get("/emmaa/overview")
    assert page.status_code == status
    assert 'href="../api/v2/auth/login" target="_top"' in page.text
    assert client.get("/emmaa/api/models").json() == {"detail": "no"}


def test_without_a_login_nothing_but_static_files_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_app, "page_service", lambda: pytest.fail("data is shown to anybody"))
    app = page_app.make_app()
    open_to_all = {
        route.path  # type: ignore[attr-defined]
        for route in app.routes
        if not {guard.dependency for guard in MAY_SEE}
        <= {each.call for each in route.dependant.dependencies}  # type: ignore[attr-defined]
    }
    assert open_to_all == {"/static/{name}"}
    assert len(MAY_SEE) == len(DAGS) == 3


@pytest.mark.parametrize(
    "name",
    [
        "page.css",
        "theme.js",
        "overview.js",
        "address.js",
        "frame.js",
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
