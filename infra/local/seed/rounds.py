"""One round of one model, made by the real jobs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.resources import BATCH_TARGETS
from emmaa_cycle.s3_layout import model_tests_corpus
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import STAGES, Stage
from emmaa_jobs.overview.this_job import job_in_shared_process
from infra.local.seed.catalogue import DemoModel

#: When the cycle starts: noon in EST, and when its assembly starts.
_UPDATE, _ASSEMBLY = "17-00-00", "17-05-00"


@dataclass(frozen=True)
class Round:
    """The dates of a round.

    :param model_date: the ``<dt>`` of the model files
    :param round_date: the ``<dt>`` of the managers and of all that follows
    """

    model_date: str
    round_date: str

    @classmethod
    def on(cls, day: date) -> Round:
        """Return the round of a day."""
        return cls(f"{day.isoformat()}-{_UPDATE}", f"{day.isoformat()}-{_ASSEMBLY}")


def run_round(model: DemoModel, made: Round) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the jobs of a model's round in order, each with a name; none if the cycle skips it."""
    config, pinned = model.config, ["--date-str", made.round_date]
    if not (config.run_daily_update or config.run_daily_tests):
        return
    assembled: list[str] = []  # the latest model file, unless this round writes one
    if config.run_daily_update:
        yield "update", _job(Stage.MODEL_UPDATE, model, ["--date-str", made.model_date])
        assembled = ["--model-date", made.model_date]
    yield "assembly", _job(Stage.MM_UPDATE, model, [*pinned, *assembled])
    yield "statistics", _job(Stage.MODEL_STATS, model, ["--stats_mode", "model", *pinned])
    for corpus in config.test.test_corpus:
        tests = ["--tests", corpus, *pinned]
        yield f"tests {corpus}", _job(Stage.TESTS, model, tests)
        statistics = ["--stats_mode", "tests", *tests]
        yield f"statistics of {corpus}", _job(Stage.TEST_STATS, model, statistics)
    yield "queries", _job(Stage.QUERIES, model, pinned)
    if config.make_tests:
        yield model_tests_corpus(model.name), _job(Stage.MODEL_TO_TESTS, model, pinned)


def upgrade_databases() -> str:
    """Make the tables of both databases."""
    return _main("upgrade_database", [])


def _job(stage: Stage, model: DemoModel, arguments: list[str]) -> Callable[[], str]:
    module = Path(STAGES[stage].script).stem
    jobs = RoundJobs(load_settings(), model.name, date="", config=model.config)
    target = BATCH_TARGETS[jobs.resource_class(stage)]

    def work() -> str:
        with job_in_shared_process(target.definition):
            return _main(module, ["--model", model.name, *arguments])

    return work


def _main(module: str, arguments: list[str]) -> str:
    summary: str = import_module(module).main(arguments)
    return summary
