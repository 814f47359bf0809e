"""Overview objects of what is in the bucket already: models that ran before there were any."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence

from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.overview.figures import Figures
from emmaa_cycle.overview.from_statistics import corpus_figures, model_figures
from emmaa_cycle.overview.part import Part
from emmaa_cycle.s3_layout import (
    MODELS,
    corpus_stats_prefix,
    model_manager_prefix,
    model_stats_prefix,
)
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket, DatedKey
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.overview.record import earlier_part, write_part
from emmaa_jobs.overview.stages import assembly_figures

logger = logging.getLogger(__name__)


def write_past(bucket: Bucket, models: Sequence[str] = (), *, dry_run: bool = False) -> str:
    """Write the overview of each model's newest round, from its manager and statistics.

    What cannot be read costs its own part. A part that a job has written for this round or a
    newer one stays.

    :param models: their short names; all models of the bucket if empty
    :param dry_run: read all and write nothing
    :returns: a summary in one line
    :raises InputError: if something could not be read, after all else was written.
    """
    written, faults = 0, list[str]()
    chosen = models or _models(bucket)
    for model in chosen:
        sources = attempt(functools.partial(_all_sources, bucket, model))
        if isinstance(sources, Failed):
            logger.error("left out: %s%s/: %s", MODELS, model, sources.reason)
            faults.append(f"{MODELS}{model}/")
            continue
        for key, make in sources:
            done = attempt(functools.partial(_write, bucket, make, dry_run))
            if isinstance(done, Failed):
                logger.error("left out: %s: %s", key, done.reason)
                faults.append(key)
            else:
                written += done
    verb = "would be written" if dry_run else "written"
    summary = f"{len(chosen)} models: {written} parts of overviews {verb}"
    if faults:
        shown = ", ".join(faults[:3])
        raise InputError(f"{summary}; {len(faults)} objects cannot be read ({shown}, …)")
    return summary


def _models(bucket: Bucket) -> list[str]:
    folders, _ = bucket.folder(MODELS)
    return [folder.removeprefix(MODELS).removesuffix("/") for folder in folders]


def _all_sources(bucket: Bucket, model: str) -> list[tuple[str, Callable[[], Part]]]:
    return list(_sources(bucket, model))


def _sources(bucket: Bucket, model: str) -> Iterator[tuple[str, Callable[[], Part]]]:
    """Yield the newest object of each kind with a function that makes its part."""
    managers = bucket.latest(model_manager_prefix(model))
    if managers:

        def of_manager() -> Figures:
            return assembly_figures(load_manager(bucket, model, managers.date))

        yield managers.key, _maker(bucket, model, Stage.MM_UPDATE, managers, of_manager)
    newest = bucket.latest(model_stats_prefix(model), (".json",))
    if newest:

        def of_model() -> Figures:
            return model_figures(bucket.read_json(newest.key))

        yield newest.key, _maker(bucket, model, Stage.MODEL_STATS, newest, of_model)
    for corpus in _corpora(bucket, model):
        tested = bucket.latest(corpus_stats_prefix(model, corpus), (".json",))
        if tested:
            of_corpus = functools.partial(_corpus_figures, bucket, tested.key)
            yield tested.key, _maker(bucket, model, Stage.TEST_STATS, tested, of_corpus, corpus)


def _corpora(bucket: Bucket, model: str) -> Sequence[str]:
    config = attempt(lambda: load_config(bucket, model).config)
    if isinstance(config, Failed):
        logger.warning("the corpora of %s are unknown: %s", model, config.reason)
        return ()
    return config.test.test_corpus


def _corpus_figures(bucket: Bucket, key: str) -> Figures:
    return corpus_figures(bucket.read_json(key))


def _maker(
    bucket: Bucket,
    model: str,
    stage: Stage,
    found: DatedKey,
    figures: Callable[[], Figures],
    corpus: str = "",
) -> Callable[[], Part]:
    def make() -> Part:
        origin = _origin(bucket, found.key)
        return Part(
            model=model,
            stage=stage,
            corpus=corpus,
            date=found.date,
            dag_id=origin.dag_id,
            run_id=origin.run_id,
            summary=found.key,
            figures=figures(),
        )

    return make


def _origin(bucket: Bucket, key: str) -> Origin:
    head = bucket.client.head_object(Bucket=bucket.name, Key=key)
    return Origin.from_metadata(head["Metadata"])


def _write(bucket: Bucket, make: Callable[[], Part], dry_run: bool) -> bool:
    part = make()
    earlier = earlier_part(bucket, part.key)
    if earlier is not None and earlier.date >= part.date:
        return False
    if not dry_run:
        write_part(bucket, part)
    return True
