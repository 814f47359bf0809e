"""The EMMAA page's app: a model, a round, their files and their costs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emmaa_airflow.page import app as page_app
from emmaa_airflow.page.snapshot import ModelParts
from emmaa_cycle.quality.release import ReleaseState
from emmaa_cycle.stages import Stage
from tests.dags.page.served_page import (
    HELD,
    HOSTILE,
    HostileRounds,
    SomeFiles,
    Tags,
    model,
    serve,
)
from tests.unit.page.page_bucket import DAY_2


def test_a_model_s_page_shows_what_changed_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(monkeypatch, model("rasmodel"), rounds=HostileRounds())
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
        rounds=HostileRounds(),
    )
    page = client.get("/emmaa/cost").text
    assert not [tag for tag, attrs in Tags(page).tags if tag == "img" or "onerror" in attrs]
    assert page.index("Dear Model") < page.index("model=cheap")
    assert "10.00 vCPU-hours" in page
    assert "Not in these figures: 0.50 hours of jobs that ran outside of Batch, or with" in page
    answer = client.get("/emmaa/api/cost").json()
    assert [each["model"] for each in answer["models"]] == ["dear", "cheap"]
    assert answer["models"][0]["stages"]["tests"][0]["vcpu_hours"] == 8
    assert (answer["days"], answer["vcpu_hour"]) == (30, 0.04048)
    assert "An estimate of the last 30 days: <b>$0.1461</b>" in (
        client.get("/emmaa/model?model=cheap").text
    )


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
    client = serve(monkeypatch, model("rasmodel"), rounds=HostileRounds())
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


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (ReleaseState.HELD, "wait for a person&#39;s approval"),
        (ReleaseState.APPROVED, "approved by Ada &lt;b&gt;"),
        (ReleaseState.REJECTED, "rejected by Ada &lt;b&gt;: no mail"),
        (ReleaseState.UNANSWERED, "nobody answered in time"),
        (ReleaseState.PASSED, "breaks limits"),
    ],
)
def test_a_held_round_says_why_and_who_decided(
    monkeypatch: pytest.MonkeyPatch, state: ReleaseState, text: str
) -> None:
    run = {"dag_id": HELD.dag_id, "run_id": HELD.run_id}
    made = model("rasmodel")
    known = {**made.parts, Stage.QUERIES: made.parts[Stage.QUERIES].model_copy(update=run)}
    rounds = HostileRounds(HELD.answered(state, "Ada <b>"))
    client = serve(monkeypatch, ModelParts("rasmodel", known), rounds=rounds)
    for page in (
        client.get("/emmaa/model?model=rasmodel"),
        client.get("/emmaa/round", params=run),
    ):
        found = Tags(page.text)
        assert text in page.text
        assert f"lost 12 statements {HOSTILE}" in found.texts
        assert not [tag for tag, attrs in found.tags if tag == "img" or "onerror" in attrs]
        asked = [attrs["href"] for _, attrs in found.tags if "required" in str(attrs.get("href"))]
        approval = "../dags/emmaa_after_update/runs/manual__1/tasks/check_quality/required_actions"
        assert asked == ([approval] if state is ReleaseState.HELD else [])
    answer = client.get("/emmaa/api/changes?model=rasmodel").json()
    assert (answer["gate"]["state"], answer["gate"]["by"]) == (state, "Ada <b>")


def test_a_round_that_keeps_all_limits_says_nothing_of_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = HELD.model_copy(update={"state": ReleaseState.PASSED, "findings": ()})
    for gate in (None, passed):
        client = serve(monkeypatch, model("rasmodel"), rounds=HostileRounds(gate))
        text = client.get("/emmaa/model?model=rasmodel").text
        assert "This round" not in text
        assert "approv" not in text
