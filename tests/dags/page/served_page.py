"""The EMMAA page's app, served in this process with models whose texts are attacks."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, cast

import httpx
import pytest
from botocore.exceptions import ClientError
from fastapi import FastAPI

from emmaa_airflow.page import app as page_app
from emmaa_airflow.page.access import MAY_SEE
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
from emmaa_cycle.quality.release import ReleaseState, RoundRelease
from emmaa_cycle.stages import Stage
from tests.unit.page.page_bucket import DAY_1, DAY_2, parts

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'

#: Of the round that these rounds lead to, in every state a text of others.
HELD = RoundRelease(
    model="rasmodel",
    date=DAY_2,
    state=ReleaseState.HELD,
    findings=(f"lost 12 statements {HOSTILE}",),
    dag_id="emmaa_after_update",
    run_id="manual__1",
)


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
        Refreshing(read),
        cast(RoundReader, rounds or HostileRounds()),
        cast(Files, files),
        Jobs(FakeBatch(), {"q"}),
    )
    monkeypatch.setattr(page_app, "page_service", lambda: service)
    app = page_app.make_app()
    for guard in MAY_SEE:
        app.dependency_overrides[guard.dependency] = lambda: None
    return Client(app)


class HostileRounds:
    """Two rounds of any model, whose every text is an attack, and the gate's state of the last."""

    def __init__(self, gate: RoundRelease | None = None) -> None:
        self.objects = self
        self.held = gate

    def gate(self, model: str, date: str, faults: list[str]) -> RoundRelease | None:
        return self.held

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
            model, DAY_2, DAY_1, (DAY_2, DAY_1), changes, (corpus,), charts, (HOSTILE,), self.held
        )


class SomeFiles:
    """Files whose every text is an attack."""

    def of_round(self, model: str, *dates: str) -> dict[str, list[File]]:
        assert dates == (DAY_2, DAY_2)
        return {HOSTILE: [File(f"exports/{model}/{HOSTILE.replace('/', '|')}", 1234)]}

    def open(self, model: str, key: str) -> Download:
        if key != "exports/rasmodel/a.txt":
            raise InputError(f"{key!r} is no file of the model {model}.")
        return Download(iter([b"one ", b"two"]), {"Content-Length": "7"})
