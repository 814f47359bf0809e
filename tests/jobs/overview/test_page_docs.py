"""The example of docs/page.md, run against what the page's API answers."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from pydantic_core import to_jsonable_python

from emmaa_cycle.overview.from_statistics import corpus_figures, model_figures
from emmaa_cycle.overview.model import model_row
from emmaa_cycle.overview.part import Part
from emmaa_cycle.stages import Stage
from tests.jobs.local_service import LocalService, Reply, Request
from tests.jobs.repository import REPOSITORY
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document

PAGE = (REPOSITORY / "docs" / "page.md").read_text()
DATE = "2026-03-02-17-00-00"


def rows() -> list[dict[str, object]]:
    found = [
        Part(
            model="rasmodel",
            stage=Stage.MODEL_STATS,
            date=DATE,
            figures=model_figures(model_document()),
        ),
        Part(
            model="rasmodel",
            stage=Stage.TEST_STATS,
            corpus="ras_tests",
            date=DATE,
            figures=corpus_figures(corpus_document()),
        ),
    ]
    parts = {part.scope: part for part in found}
    return [asdict(model_row("rasmodel", parts)), asdict(model_row("new", {}))]


def answer(request: Request) -> Reply:
    if request.path == "/auth/token" and request.document["username"] == "admin":
        return Reply.json({"access_token": "token"})
    if request.path == "/emmaa/api/models" and request.headers["Authorization"] == "Bearer token":
        return Reply.json({"models": to_jsonable_python(rows())})
    return Reply(b"", status=404)


def test_the_example_shows_sizes_and_pass_rates(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    with LocalService(answer).running() as service:
        exec(example.replace("http://localhost:8080", service.url), {})  # noqa: S102 - our own docs
    shown = capsys.readouterr().out
    assert re.search(rf"rasmodel +{DATE} +5\.0", shown)
    assert re.search(r"rasmodel ras_tests +0\.0+ +0\.75", shown)
