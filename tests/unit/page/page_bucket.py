"""A bucket in moto, in this process, with overview objects or statistics of made-up models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from emmaa_airflow.page.overview_reader import OverviewReader
from emmaa_airflow.page.snapshot import ModelParts, Snapshot
from emmaa_cycle.overview.combined import Combined, combined_text
from emmaa_cycle.overview.figures import AssemblyFigures, Figures, OtherFigures
from emmaa_cycle.overview.from_statistics import corpus_figures, model_figures
from emmaa_cycle.overview.part import Part, part_text
from emmaa_cycle.s3_layout import config_key, corpus_stats_key, model_stats_key
from emmaa_cycle.stages import Stage
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document

BUCKET, CORPUS = "emmaa", "ras_tests"
DAY_1, DAY_2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


def assembly(title: str = "Ras Model", date: str = DAY_2, **fields: Any) -> AssemblyFigures:
    values: dict[str, Any] = {
        "title": title,
        "model_date": date,
        "corpora": (CORPUS,),
        "updated_daily": False,
        "tested_daily": True,
        **fields,
    }
    return AssemblyFigures(**values)


def parts(model: str, title: str = "Ras Model", date: str = DAY_2) -> list[Part]:
    """Return a complete round."""
    figures: dict[tuple[Stage, str], Figures] = {
        (Stage.MM_UPDATE, ""): assembly(title, date),
        (Stage.MODEL_STATS, ""): model_figures(model_document()),
        (Stage.TEST_STATS, CORPUS): corpus_figures(corpus_document()),
        (Stage.TESTS, CORPUS): OtherFigures(counts={"applied": 4}),
        (Stage.QUERIES, ""): OtherFigures(),
        (Stage.NOTIFICATION, ""): OtherFigures(),
    }
    return [
        Part(model=model, stage=stage, corpus=corpus, date=date, figures=each)
        for (stage, corpus), each in figures.items()
    ]


class PageBucket:
    """A bucket, and the requests that were made to it since somebody last asked."""

    def __init__(self) -> None:
        self.client = boto3.client("s3", region_name="us-east-1")
        self.client.create_bucket(Bucket=BUCKET)
        self.requests: list[str] = []

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def put_parts(self, model: str, **keywords: Any) -> None:
        self.put(config_key(model), b"{}")
        for part in parts(model, **keywords):
            self.put(part.key, part_text(part).encode())

    def put_combined(self, model: str, *, title: str = "Ras Model") -> None:
        """Write copies of the parts that are stored, of which the assembly has this title."""
        combined = Combined(model=model)
        for part in parts(model, title):
            stored = self.client.head_object(Bucket=BUCKET, Key=part.key)
            combined = combined.with_part(part, stored["ETag"])
        self.put(combined.key, combined_text(combined).encode())

    def put_statistics(self, model: str, date: str = DAY_2) -> None:
        """Store a model from before overview objects existed."""
        config = {
            "human_readable_name": "Old Model",
            "search_terms": [],
            "run_daily_tests": True,
            "test": {"test_corpus": [CORPUS], "mc_types": ["pysb"]},
        }
        self.put(config_key(model), json.dumps(config).encode())
        self.put(model_stats_key(model, date), json.dumps(model_document()).encode())
        self.put(corpus_stats_key(model, CORPUS, date), json.dumps(corpus_document()).encode())

    def asked(self) -> list[str]:
        asked, self.requests = self.requests, []
        return asked


@contextmanager
def page_bucket() -> Iterator[PageBucket]:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        bucket = PageBucket()
        call = BaseClient._make_api_call

        def counted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
            bucket.requests.append(f"{operation} {parameters.get('Key', '')}".strip())
            return call(client, operation, parameters)

        patch.setattr(BaseClient, "_make_api_call", counted)
        yield bucket


def read(reader: OverviewReader) -> dict[str, ModelParts]:
    """Read all, and return the models of the last snapshot."""
    seen: list[Snapshot] = []
    reader.read(seen.append)
    return {model.model: model for model in seen[-1].models}
