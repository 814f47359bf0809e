"""The result of a run, in one sentence, and the stages whose left-out lists belong to it.

There is a function for each DAG, which reads the XComs of the run's tasks and the statistics.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow.utils.state import TaskInstanceState
from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.reporting.left_out import LeftOutPlace
from emmaa_airflow.runs.task_states import run_states
from emmaa_airflow.runs.xcom_keys import GATE_KEY, ROUND_KEY, SUMMARY_KEY
from emmaa_cycle.after_update import AfterUpdatePlan
from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.overview.combined import Combined, parse_combined
from emmaa_cycle.overview.metrics import Metric, corpus_metrics, job_metrics, model_metrics
from emmaa_cycle.plan import Plan
from emmaa_cycle.quality.release import RoundRelease
from emmaa_cycle.s3_layout import combined_key, corpus_stats_key, model_stats_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

#: The parts of a corpus's statistics with this count are model types, in the config's order.
_PASSED = "number_passed_tests"

#: Maximum number of models that are named one by one.
_NAMED = 5
_DONE = TaskInstanceState.SUCCESS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """The result of a run.

    :param sentence: for people; empty if the run did not get that far
    :param model: the run's model, if it has one
    :param metrics: the numbers of the round, if the run has made one
    :param places: the lists of items that the run's jobs left out
    """

    sentence: str = ""
    model: str = ""
    places: Sequence[LeftOutPlace] = ()
    metrics: Sequence[Metric] = ()


#: Returns the result of a run, given the task instance of its last task.
ResultFinder = Callable[[Any], RunResult]


def daily_update_result(ti: Any) -> RunResult:
    """Count the models that were updated, only tested, and skipped."""
    models: list[str] = ti.xcom_pull(task_ids="list_models") or []
    update, start = "model.run_model_update", "model.start_mm_update"
    states = run_states(ti.dag_id, ti.run_id, [update, start])
    updated = [m for n, m in enumerate(models) if states.get(f"{update}_{n}") == _DONE]
    tested = [m for n, m in enumerate(models) if states.get(f"{start}_{n}") == _DONE]
    rest = [model for model in models if model not in updated and model not in tested]
    groups = (("updated", updated), ("only tested", tested), ("left alone", rest))
    parts = [_group(what, names) for what, names in groups if names]
    plans = [Plan.from_json(found) for found in _pulled(ti, "model.plan", "plan")]
    sentence = f"{_counted(len(models), 'model')}: {', '.join(parts)}" if models else ""
    return RunResult(sentence, places=_places(plans))


def assembly_result(ti: Any) -> RunResult:
    """Return the assembled round, with the summary of the job."""
    found = ti.xcom_pull(task_ids="plan")
    if not found:
        return RunResult()
    plan = Plan.from_json(found)
    date = plan.jobs[Stage.MM_UPDATE].tags.get("round", "")
    sentence = _summary(ti, "update_model_manager") or f"{plan.model}: assembled round {date}"
    return RunResult(sentence, plan.model, _places([plan]))


def round_result(ti: Any) -> RunResult:
    """Return the numbers of a round that the run has computed."""
    found = ti.xcom_pull(task_ids="plan", key=ROUND_KEY)
    if not found:
        return RunResult()
    planned = AfterUpdatePlan.from_json(found)
    plans = [planned.plan, *planned.corpora]
    model = planned.plan.model
    numbers = _numbers(BucketReader.of(load_settings()), planned, _has_ended_well(ti))
    stages = dict.fromkeys(str(stage) for plan in plans for stage in plan.jobs)
    sentence = "; ".join(numbers) or f"ran {', '.join(stages) or 'nothing'}"
    sentence = "; ".join(filter(None, [sentence, _gate(ti)]))
    return RunResult(
        f"{model}: {sentence}",
        model,
        _places(plans, planned.round_date),
        list(_metrics(BucketReader.of(load_settings()), planned, _has_ended_well(ti))),
    )


def mail_result(ti: Any) -> RunResult:
    """Return the summary of the daily mail."""
    summary = _summary(ti, "run_email_notifications")
    return RunResult(f"daily mail: {summary}" if summary else "the daily mail was sent")


def watch_result(ti: Any) -> RunResult:
    """Count the runs that the upload watch has started."""
    started = ti.xcom_pull(task_ids="watch") or []
    if not started:
        return RunResult("no upload was without its run")
    return RunResult(f"started {_counted(len(started), 'run')}: {', '.join(started[:_NAMED])}")


def deadline_result(ti: Any) -> RunResult:
    """Return whether a cycle was due and complete."""
    done = run_states(ti.dag_id, ti.run_id, ["check"]).get("check") == _DONE
    return RunResult("the daily cycle is complete" if done else "no daily cycle was due")


def _gate(ti: Any) -> str:
    """Return the limits that the round breaks, and who decided on its mails; empty if none."""
    found = ti.xcom_pull(task_ids="check_quality", key=GATE_KEY)
    release = RoundRelease.model_validate(found) if found else None
    if release is None or not release.findings:
        return ""
    decision = f" ({release.state} by {release.by})" if release.by else ""
    return f"{', '.join(release.findings)}{decision}"


def _has_ended_well(ti: Any) -> Callable[[str], bool]:
    tasks = ["run_model_stats", "test_corpus.run_test_stats"]
    states = run_states(ti.dag_id, ti.run_id, tasks)
    return lambda task: states.get(task) == _DONE


def _numbers(
    reader: BucketReader, planned: AfterUpdatePlan, done: Callable[[str], bool]
) -> list[str]:
    model, date = planned.plan.model, planned.round_date
    parts = []
    if done("run_model_stats"):
        parts.append(_read(reader, "model statistics", model_stats_key(model, date), statements))
    for index, plan in enumerate(planned.corpora):
        corpus = plan.corpus
        if done(f"test_corpus.run_test_stats_{index}"):
            key = corpus_stats_key(model, corpus, date)
            parts.append(_read(reader, corpus, key, partial(passed_tests, corpus)))
    return parts


def _metrics(
    reader: BucketReader, planned: AfterUpdatePlan, done: Callable[[str], bool]
) -> Iterator[Metric]:
    """Yield the numbers of what this run has made; what cannot be read has none."""
    model, date = planned.plan.model, planned.round_date
    if done("run_model_stats"):
        yield from model_metrics(model, _document(reader, model_stats_key(model, date)))
    for index, plan in enumerate(planned.corpora):
        if done(f"test_corpus.run_test_stats_{index}"):
            key = corpus_stats_key(model, plan.corpus, date)
            yield from corpus_metrics(model, plan.corpus, _document(reader, key))
    try:
        found = reader.text(combined_key(model))
        combined = parse_combined(model, found[0]) if found else Combined(model=model)
    except (InputError, ClientError, BotoCoreError, UnicodeDecodeError) as error:
        logger.warning("The seconds of the jobs of %s are unknown: %s", model, error)
        return
    yield from job_metrics(model, date, combined)


def _document(reader: BucketReader, key: str) -> Any:
    try:
        return reader.json(key)
    except (InputError, ClientError, BotoCoreError) as error:
        logger.warning("%s has no metrics: %s", key, error)
        return None


def _read(reader: BucketReader, name: str, key: str, numbers: Callable[[Any], str]) -> str:
    """Return some numbers, or the reason why the statistics cannot be read."""
    try:
        return numbers(reader.json(key))
    except (ClientError, BotoCoreError, *ODD_CONTENT) as error:
        return f"{name} (its numbers cannot be read: {type(error).__name__})"


def _places(plans: Iterable[Plan], date: str = "") -> list[LeftOutPlace]:
    return [
        LeftOutPlace(plan.model, f"{stage}_{plan.corpus}" if plan.corpus else str(stage), when)
        for plan in plans
        for stage, job in plan.jobs.items()
        if plan.model and (when := date or job.tags.get("round", ""))
    ]


def _summary(ti: Any, task_id: str) -> str:
    """Return a job's summary; a trigger's XCom is returned as unparsed JSON."""
    found = str(ti.xcom_pull(task_ids=task_id, key=SUMMARY_KEY) or "")
    return str(json.loads(found)) if found.startswith('"') else found


def _pulled(ti: Any, task_id: str, key: str) -> list[Any]:
    """Return the XComs of a mapped task's instances; Airflow returns a list, or its only item."""
    found = ti.xcom_pull(task_ids=task_id, key=key)
    return [item for item in (found if isinstance(found, list) else [found]) if item]


def _group(what: str, models: Sequence[str]) -> str:
    names = f" ({', '.join(models)})" if len(models) <= _NAMED else ""
    return f"{len(models)} {what}{names}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def statements(stats: Any) -> str:
    """Return ``22 statements (+5 −1)`` of a model's statistics.

    :raises KeyError, TypeError: if they are not statistics of a model
    """
    count = int(stats["model_summary"]["number_of_statements"])
    delta = stats["model_delta"]["statements_hashes_delta"]
    noun = "statement" if count == 1 else "statements"
    return f"{count} {noun}{_change(len(delta['added']), len(delta['removed']))}"


def passed_tests(corpus: str, stats: Any) -> str:
    """Return ``ras_textbook_tests 5/8 (+2)`` of a corpus' statistics, by the first model type.

    :raises KeyError, TypeError: if they are not statistics of a corpus
    """
    summary = stats["test_round_summary"]
    applied = int(summary["number_applied_tests"])
    types = (name for name, part in summary.items() if isinstance(part, dict) and _PASSED in part)
    first = next(types, None)
    if first is None:
        return f"{corpus} {applied} applied"
    delta = stats["tests_delta"][first]["passed_hashes_delta"]
    change = _change(len(delta["added"]), len(delta["removed"]))
    return f"{corpus} {summary[first][_PASSED]}/{applied}{change}"


def _change(added: int, removed: int) -> str:
    parts = [f"+{added}"] if added else []
    parts += [f"\N{MINUS SIGN}{removed}"] if removed else []
    return f" ({' '.join(parts)})" if parts else ""
