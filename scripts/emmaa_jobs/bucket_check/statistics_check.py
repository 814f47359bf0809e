"""The newest statistics of a model, as its next round's statistics read them."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.s3_layout import corpus_stats_prefix, model_stats_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.bucket_check.findings import Cause, Finding
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.stats.previous_round import previous_corpus_stats, previous_model_stats

#: A date after that of any round.
_NEXT = "9999-12-31-23-59-59"
_REMEDY = "make that round's statistics again, or remove it: the ones before are then compared with"


def statistics_findings(bucket: Bucket, model: str, config: ModelConfig) -> Iterator[Finding]:
    """Find statistics with which the next round's cannot be compared."""
    if problem := _fault_of_model(bucket, model):
        yield _finding(bucket, model_stats_prefix(model), problem)
    for corpus in config.test.test_corpus:
        if problem := _fault_of_corpus(bucket, model, corpus):
            yield _finding(bucket, corpus_stats_prefix(model, corpus), problem)


def _fault_of_model(bucket: Bucket, model: str) -> str:
    try:
        if previous := previous_model_stats(bucket, model, _NEXT):
            previous.check("model_summary", "all_stmts")
    except (ClientError, InputError) as error:
        return str(error)
    return ""


def _fault_of_corpus(bucket: Bucket, model: str, corpus: str) -> str:
    try:
        if previous := previous_corpus_stats(bucket, model, corpus, _NEXT):
            previous.check("test_round_summary", "all_test_results")
    except MissingObjectError:
        return ""  # no config of a round, which is named elsewhere
    except (ClientError, InputError) as error:
        return str(error)
    return ""


def _finding(bucket: Bucket, prefix: str, problem: str) -> Finding:
    newest = bucket.latest(prefix, (".json",))
    return Finding(Cause.UNREADABLE, newest.key if newest else prefix, problem, _REMEDY)
