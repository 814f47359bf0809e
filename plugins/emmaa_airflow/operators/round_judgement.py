"""The gate's findings in a round's statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow.utils.state import TaskInstanceState
from botocore.exceptions import ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.runs.task_states import run_states
from emmaa_cycle.after_update import AfterUpdatePlan
from emmaa_cycle.errors import InputError
from emmaa_cycle.quality.findings import (
    Finding,
    judge_corpus,
    judge_model,
    previous_date,
    unreadable,
)
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key

_DONE, _SKIPPED = TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED
_THERE = (_DONE, _SKIPPED)
#: Judges statistics, with those of the earlier round if they are there.
_Judge = Callable[[Any, Any], list[Finding]]


@dataclass(frozen=True)
class RoundJudgement:
    """The limits that a round breaks.

    :param is_new: whether this run has made some of the statistics that they were found in
    :param has_model_stats: whether the round can be reported to subscribers at all
    """

    findings: tuple[Finding, ...]
    is_new: bool
    has_model_stats: bool

    @classmethod
    def of(
        cls,
        reader: BucketReader,
        planned: AfterUpdatePlan,
        ti: Any,
        model_stats_task: str,
        corpus_stats_task: str,
    ) -> RoundJudgement:
        """Judge the statistics that this run, or an earlier one, has made of the round.

        Statistics whose task failed are not judged: subscribers do not read of them either.
        """
        states = run_states(ti.dag_id, ti.run_id, [model_stats_task, corpus_stats_task])
        parts = [(states.get(model_stats_task), partial(_of_model, reader, planned))]
        for index, plan in enumerate(planned.corpora):
            state = states.get(f"{corpus_stats_task}_{index}")
            parts.append((state, partial(_of_corpus, reader, planned, plan.corpus)))
        found = [(state, list(judge())) for state, judge in parts if state in _THERE]
        return cls(
            findings=tuple(finding for _, findings in found for finding in findings),
            is_new=any(findings and state == _DONE for state, findings in found),
            has_model_stats=states.get(model_stats_task) in _THERE,
        )


def _of_model(reader: BucketReader, planned: AfterUpdatePlan) -> Iterator[Finding]:
    key = partial(model_stats_key, planned.plan.model)
    judge = partial(judge_model, planned.quality)
    yield from _judged(reader, "the model", "", key, planned.round_date, judge)


def _of_corpus(reader: BucketReader, planned: AfterUpdatePlan, corpus: str) -> Iterator[Finding]:
    key = partial(corpus_stats_key, planned.plan.model, corpus)
    judge = partial(judge_corpus, planned.quality, corpus)
    yield from _judged(reader, corpus, corpus, key, planned.round_date, judge)


def _judged(
    reader: BucketReader,
    what: str,
    corpus: str,
    key: Callable[[str], str],
    date: str,
    judge: _Judge,
) -> list[Finding]:
    try:
        statistics = _read(reader, key(date))
        if statistics is None or not (found := judge(statistics, None)):
            return []
    except InputError as error:
        return [unreadable(what, error, corpus)]
    # Only a bad round is compared in words, for which the earlier statistics are needed.
    try:
        earlier = previous_date(statistics)
        before = _read(reader, key(earlier)) if earlier else None
    except InputError:
        before = None
    return judge(statistics, before) if before is not None else found


def _read(reader: BucketReader, key: str) -> Any:
    """Return a JSON object; None if there is none.

    :raises InputError: if S3 refuses it, or it is not JSON.
    """
    try:
        return reader.json(key)
    except ClientError as error:
        if is_absent(error):
            return None
        if is_refused(error):
            raise InputError(f"s3://{reader.bucket}/{key}: {refusal(error)}") from error
        raise
