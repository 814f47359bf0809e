"""Models without overview objects: what their config and newest statistics say."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from emmaa_airflow.aws.bucket_reader import BucketReader, json_by_round
from emmaa_airflow.aws.s3_errors import is_refused, refusal
from emmaa_airflow.page.snapshot import ModelParts
from emmaa_cycle.dates import format_round
from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.json_text import parse_json
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.overview.figures import AssemblyFigures, Figures
from emmaa_cycle.overview.from_statistics import corpus_figures, model_figures
from emmaa_cycle.overview.part import Part
from emmaa_cycle.s3_layout import corpus_stats_prefix, model_stats_prefix
from emmaa_cycle.stages import Stage

logger = logging.getLogger(__name__)

T = TypeVar("T")
#: Looked for first in listings of this many days, then in all.
_RECENT = timedelta(days=40)
#: A model's statistics are looked for again after this time.
_KEEP_SECONDS = 600
#: Statistics of a large model have some 20 MB.
_MAX_BYTES = 64 << 20
#: Models that are read in one period; each costs some four requests, two of them large.
MAX_MODELS = 100


class StatisticsReader:
    """Reads at most :data:`MAX_MODELS` models' statistics in ten minutes, each once.

    Threads may share it.
    """

    def __init__(
        self, bucket: str, client: Any, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reader = BucketReader(bucket, client)
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, ModelParts]] = {}
        self._documents: dict[str, Figures] = {}

    def read(self, model: str) -> ModelParts:
        """Return what config and statistics say of a model; as it was, if that is recent."""
        kept = self._kept.get(model)
        if kept and self._clock() - kept[0] < _KEEP_SECONDS:
            return kept[1]
        with self._lock:
            recent = sum(self._clock() - at < _KEEP_SECONDS for at, _ in self._kept.values())
            if recent >= MAX_MODELS:
                hint = "too many models have no overview objects: run scripts/write_overview.py"
                return kept[1] if kept else ModelParts(model, faults=(hint,))
            self._kept[model] = (self._clock(), kept[1] if kept else ModelParts(model))
        found = self._read(model)
        self._kept[model] = (self._clock(), found)
        return found

    def _read(self, model: str) -> ModelParts:
        faults: list[str] = []
        config = _attempt(lambda: self._reader.config(model), "config", faults)
        known: dict[str, Part] = {}
        try:
            for part in self._parts(model, config, faults):
                known[part.scope] = part
        except ODD_CONTENT as error:
            logger.exception("the statistics of model %r cannot be shown", model)
            faults.append(f"the statistics: {type(error).__name__}: {error}")
        return ModelParts(model, known, faults=tuple(faults), config=config)

    def _parts(self, model: str, config: ModelConfig | None, faults: list[str]) -> Iterator[Part]:
        newest = self._newest(model_stats_prefix(model))
        if newest:
            key, date = newest
            figures = _attempt(lambda: self._figures(key, model_figures), key, faults)
            if figures:
                yield Part(model=model, stage=Stage.MODEL_STATS, date=date, figures=figures)
            if config:
                yield _assembly(model, date, config)
        for corpus in config.test.test_corpus if config else ():
            tested = self._newest(corpus_stats_prefix(model, corpus))
            if tested:
                yield from self._corpus(model, corpus, tested, faults)

    def _corpus(
        self, model: str, corpus: str, tested: tuple[str, str], faults: list[str]
    ) -> Iterator[Part]:
        key, date = tested
        figures = _attempt(lambda: self._figures(key, corpus_figures), key, faults)
        if figures:
            stage = Stage.TEST_STATS
            yield Part(model=model, stage=stage, corpus=corpus, date=date, figures=figures)

    def _figures(self, key: str, read: Callable[[Any], Figures]) -> Figures:
        if key not in self._documents:  # a round's statistics do not change
            answer = self._reader.client.get_object(Bucket=self._reader.bucket, Key=key)
            if answer["ContentLength"] > _MAX_BYTES:
                raise InputError(f"it has more than {_MAX_BYTES >> 20} MB")
            try:
                document = parse_json(answer["Body"].read())
            except ValueError as error:
                raise InputError(f"it is not JSON: {error}") from error
            self._documents[key] = read(document)
        return self._documents[key]

    def _newest(self, prefix: str) -> tuple[str, str] | None:
        """Return key and ``<dt>`` of the newest object under a prefix."""
        since = prefix + format_round(datetime.now(UTC) - _RECENT)
        for start in (since, ""):
            pages = self._reader.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._reader.bucket, Prefix=prefix, StartAfter=start
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            if found := json_by_round(prefix, keys):
                newest = max(found)
                return found[newest], newest
        return None


def _assembly(model: str, date: str, config: ModelConfig) -> Part:
    figures = AssemblyFigures(
        title=config.title(model),
        model_date=date,
        corpora=tuple(config.test.test_corpus),
        model_types=tuple(config.test.mc_types),
        updated_daily=config.run_daily_update,
        tested_daily=config.run_daily_tests,
    )
    return Part(model=model, stage=Stage.MM_UPDATE, date=date, figures=figures)


def _attempt(read: Callable[[], T], name: str, faults: list[str]) -> T | None:
    """Return what was read; None if this object cannot be read, with the reason in the faults."""
    try:
        return read()
    except InputError as error:
        faults.append(f"{name}: {error}")
    except Exception as error:
        if not is_refused(error):
            raise
        faults.append(f"{name}: {refusal(error)}")
    return None
