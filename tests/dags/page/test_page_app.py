"""The EMMAA page's app: the overview, its JSON, and who may see them."""

from __future__ import annotations

import pytest
from fastapi import HTTPException

from emmaa_airflow.page import app as page_app
from emmaa_airflow.page.access import DAGS, MAY_SEE
from tests.dags.page.served_page import (
    HOSTILE,
    Client,
    Tags,
    hostile_model,
    model,
    serve,
)
from tests.unit.page.page_bucket import DAY_2

SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


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


def test_a_job_s_state_is_json_with_batch_s_reason(client: Client) -> None:
    answer = client.get("/emmaa/api/jobs?id=1&id=2")
    assert answer.json()["2"] == {"status": "RUNNABLE", "reason": HOSTILE}
    refused = client.get("/emmaa/api/jobs?id=refused")
    assert (refused.status_code, "AccessDenied" in refused.text) == (502, True)
    too_many = "&".join(f"id={number}" for number in range(101))
    assert client.get(f"/emmaa/api/jobs?{too_many}").status_code == 422


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
