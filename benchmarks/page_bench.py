"""Measure the EMMAA page's reader and its HTML, for 20 and 1,000 models (docs/page.md).

The bucket is in an embedded AWS that runs as a separate process, with the objects of a model
that has two corpora. Cold: nothing is known. Refresh: nothing changed. Warm: from memory.
"""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emmaa_airflow.page.overview_reader import OverviewReader
from emmaa_airflow.page.s3_client import READERS
from emmaa_airflow.page.selection import Filter, Selection
from emmaa_airflow.page.service import Overview
from emmaa_airflow.page.snapshot import Snapshot
from emmaa_cycle.dates import format_round
from emmaa_cycle.overview.combined import Combined, combined_text
from emmaa_cycle.overview.figures import (
    MAX_POINTS,
    CorpusFigures,
    Figures,
    ModelFigures,
    OtherFigures,
    UpdateFigures,
)
from emmaa_cycle.overview.from_statistics import corpus_figures
from emmaa_cycle.overview.model import ModelRow, model_row
from emmaa_cycle.overview.part import JobRun, Part, part_text
from emmaa_cycle.s3_layout import config_key
from emmaa_cycle.stages import Stage
from infra.local.stack.layout import REPOSITORY
from tests.dags.embedded_aws import running_aws
from tests.unit.cycle.test_cycle_overview import corpus_document
from tests.unit.page.page_bucket import DAY_2, parts

SIZES = (20, 1000)
WARM_RUNS = 10
CORPORA = ("ras_tests", "large_corpus_tests")
#: One job a round.
JOBS = tuple(
    JobRun(
        date=format_round(datetime(2026, 1, 22, 17, 5, tzinfo=UTC) + timedelta(days=number)),
        seconds=1234.5,
        definition="emmaa_testing_jobs_def",
    )
    for number in range(MAX_POINTS)
)


def model_parts(model: str, edition: int = 0) -> Iterator[Part]:
    """Yield the objects of a model of two corpora; those of each edition are others."""
    for part in _newest_round(model):
        figures, summary = _with_history(part.figures), f"edition {edition}"
        yield part.model_copy(update={"figures": figures, "jobs": JOBS, "summary": summary})


def _newest_round(model: str) -> Iterator[Part]:
    yield from parts(model, f"The {model} model")
    update = UpdateFigures(statements=9, new=1, papers=9, new_papers=1)
    yield Part(model=model, stage=Stage.MODEL_UPDATE, date=DAY_2, figures=update)
    figures = corpus_figures(corpus_document())
    yield Part(model=model, stage=Stage.TEST_STATS, corpus=CORPORA[1], date=DAY_2, figures=figures)
    other = OtherFigures(counts={"applied": 4})
    yield Part(model=model, stage=Stage.TESTS, corpus=CORPORA[1], date=DAY_2, figures=other)


def _with_history(figures: Figures) -> Figures:
    """Give figures as many points as there can be."""
    dates = tuple(run.date for run in JOBS)
    if isinstance(figures, ModelFigures):
        series = tuple(range(30_000, 30_000 + MAX_POINTS))
        values: dict[str, Any] = {"statement_series": series, "paper_series": series}
    elif isinstance(figures, CorpusFigures):
        ratios = tuple(0.5 + number / 1000 for number in range(MAX_POINTS))
        types = {
            name: kind.model_copy(update={"series": ratios}) for name, kind in figures.types.items()
        }
        values = {"types": types}
    else:
        return figures
    return figures.model_copy(update={"dates": dates, **values})


def s3_client(url: str) -> Any:
    """Return a client like the page's own."""
    config = Config(max_pool_connections=READERS, connect_timeout=2, read_timeout=30)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config, **keys)


def fill_bucket(client: Any, bucket: str, models: int, edition: int = 0) -> None:
    """Write the objects of so many models into a bucket."""
    names = [f"model{number:04}" for number in range(models)]
    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(lambda model: _fill(client, bucket, model, edition), names))


def _fill(client: Any, bucket: str, model: str, edition: int) -> None:
    """Write a model's objects, as its jobs do."""
    combined = Combined(model=model)
    for part in model_parts(model, edition):
        answer = client.put_object(Bucket=bucket, Key=part.key, Body=part_text(part).encode())
        combined = combined.with_part(part, answer["ETag"])
    client.put_object(Bucket=bucket, Key=combined.key, Body=combined_text(combined).encode())
    client.put_object(Bucket=bucket, Key=config_key(model), Body=b"{}")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds of a processor some work takes, and what it returns."""
    gc.collect()
    begun = time.process_time()
    done = work()
    return time.process_time() - begun, done


class Reads:
    """The snapshots of one read: when the first one came, one of all models, and the last one."""

    def __init__(self, reader: OverviewReader) -> None:
        self.begun = time.perf_counter()
        self.first = self.shown = 0.0
        self.snapshot: Snapshot | None = None
        reader.read(self._publish)
        self.all = time.perf_counter() - self.begun

    def _publish(self, snapshot: Snapshot) -> None:
        self.first = self.first or time.perf_counter() - self.begun
        if not snapshot.unread:
            self.shown = self.shown or time.perf_counter() - self.begun
        self.snapshot = snapshot


def warm_page(rows: tuple[ModelRow, ...]) -> bytes:
    """Render the first page of the overview."""
    from emmaa_airflow.page.html import html

    overview = Overview(rows, 0, 0, False, "")
    wanted = Selection()
    chosen = wanted.of(rows)
    page = html(
        "overview.html",
        overview=overview,
        rows=wanted.page(chosen),
        total=len(chosen),
        wanted=wanted,
        page_rows=50,
        filters=list(Filter),
        dags=("a", "b", "c"),
    )
    return bytes(page.body)


def measure(client: Any, models: int) -> str:
    """Return a row of the table."""
    bucket = f"emmaa-{models}"
    client.create_bucket(Bucket=bucket)
    fill_bucket(client, bucket, models)
    reader = OverviewReader(bucket, client)
    cold, again = Reads(reader), Reads(reader)
    assert again.snapshot
    assert len(again.snapshot.models) == models
    rows = tuple(model_row(each.model, each.parts) for each in again.snapshot.models)
    warm_page(rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    runs = [timed(lambda: warm_page(rows)) for _ in range(WARM_RUNS)]
    warm = statistics.median(seconds for seconds, _ in runs)
    size = len(runs[0][1]) / 1e6
    return (
        f"| {models} | {cold.first:.2f} s | {cold.shown:.2f} s | {cold.all:.2f} s"
        f" | {again.all:.2f} s | {1000 * warm:.0f} ms | {size:.2f} MB | {memory} MB |"
    )


def main() -> None:
    """Print the table."""
    print("| models | cold, first 50 | cold, all | checked | refresh | warm page | size | memory |")
    print("|---|---|---|---|---|---|---|---|")
    with running_aws(Path(REPOSITORY)) as url:
        for models in SIZES:
            print(measure(s3_client(url), models), flush=True)


if __name__ == "__main__":
    main()
