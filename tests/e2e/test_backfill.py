"""A backfill on a real Airflow: each day reads its own literature, in order, and notifies nobody.

It runs on the stack of the two days, on a separate model, so nothing else changes.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from emmaa_cycle.dates import format_round
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import (
    config_key,
    inbox_key,
    inbox_prefix,
    model_manager_prefix,
    model_prefix,
)
from infra.local.aws.mails import sent_mails
from infra.local.stack.layout import ROOT_BIN
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import wait_until
from tests.e2e.conftest import TwoDays, s3_json

pytestmark = pytest.mark.e2e

MODEL = "pastmachine"
READER = "indra_json"
CONFIG = {
    "name": MODEL,
    "search_terms": [],
    "assembly": [{"function": "filter_grounded_only"}, {"function": "run_preassembly"}],
    "reading": {
        "reader": [READER],
        "literature_source": ["s3_inbox"],
        "main_id_type": "DEMO",
    },
    "test": {"mc_types": ["signed_graph"], "test_corpus": []},
    "run_daily_update": True,
}
PIPELINE = "emmaa_update_pipeline"


def day(days_ago: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days_ago)


@dataclass
class Backfill:
    """The results of a backfill.

    :param papers: the names of the papers of both days, and of one that came after their windows
    :param mails: how many mails SES took meanwhile
    :param runs: all runs that worked on the model, by DAG, in the order of their days or starts
    """

    stack: Stack
    papers: list[str]
    mails: int
    runs: dict[str, list[dict[str, Any]]]

    def tasks(self, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = self.stack.airflow.task_instances(run["dag_id"], run["dag_run_id"])
        return {task["task_id"]: task for task in found}


def runs_of_the_model(stack: Stack, since: datetime) -> dict[str, list[dict[str, Any]]]:
    runs = stack.airflow.runs(since - timedelta(days=60))
    started = [run for run in runs if (run.get("conf") or {}).get("model") == MODEL]
    filled = [run for run in runs if run["run_type"] == "backfill"]
    return {
        PIPELINE: filled,
        **{
            dag_id: [run for run in started if run["dag_id"] == dag_id]
            for dag_id in ("emmaa_mm_update", "emmaa_after_update")
        },
    }


def ended(runs: dict[str, list[dict[str, Any]]], days: int) -> bool:
    return all(
        len(group) >= days and all(run["state"] in ("success", "failed") for run in group)
        for group in runs.values()
    )


def seed_the_model(stack: Stack) -> list[str]:
    """Its config, and three papers: of both days, and of a day that neither window holds."""
    s3 = stack.client("s3")
    s3.put_object(Bucket=BUCKET, Key=config_key(MODEL), Body=json.dumps(CONFIG).encode())
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=inbox_prefix("rasmachine", READER))
    sources = [item["Key"] for item in listed["Contents"]][:3]
    names = []
    for source, days_ago in zip(sources, (40, 39, 20), strict=True):
        name = source.rpartition("/")[2]
        key = inbox_key(MODEL, READER, day(days_ago).isoformat(), name)
        s3.copy_object(Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": source})
        names.append(name.removesuffix(".json"))
    return names


def end_todays_run(stack: Stack) -> None:
    """In a deployment that has had no daily run, a backfill makes Airflow start the last one.

    It would update the model beside the backfill, and do a whole day's work. It was due twelve
    hours ago: the stack's schedule is far from now.
    """
    airflow, month = stack.airflow, datetime.now(UTC) - timedelta(days=30)

    def todays() -> list[dict[str, Any]]:
        runs = airflow.runs(month)
        return [r for r in runs if (r["dag_id"], r["run_type"]) == (PIPELINE, "scheduled")]

    wait_until(todays, seconds=300, what="today's run", watched=stack.processes, every=2)
    for run in todays():
        airflow.end_run(run["dag_id"], run["dag_run_id"])


def create_backfill(stack: Stack) -> None:
    """Run the command of docs/dags.md."""
    argv = [
        *(str(ROOT_BIN / "airflow"), "backfill", "create", "--dag-id", PIPELINE),
        *("--from-date", f"{day(40)}T00:00:00", "--to-date", f"{day(39)}T23:59:59"),
        *("--dag-run-conf", json.dumps({"models": [MODEL]})),
    ]
    created = subprocess.run(
        argv,
        env=stack.airflow_environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert created.returncode == 0, created.stdout


@pytest.fixture(scope="module")
def backfill(two_days: TwoDays) -> Backfill:
    """Two days of the past, both allowed to run at once, as the command's default has it."""
    stack, since = two_days.stack, datetime.now(UTC)
    papers = seed_the_model(stack)
    mails = len(sent_mails(stack.aws_url))
    create_backfill(stack)
    end_todays_run(stack)
    wait_until(
        lambda: ended(runs_of_the_model(stack, since), 2),
        seconds=900,
        what="the backfill",
        watched=stack.processes,
        every=2,
    )
    sent = len(sent_mails(stack.aws_url)) - mails
    return Backfill(stack, papers, sent, runs_of_the_model(stack, since))


def test_each_day_has_one_run_of_each_dag_and_all_succeed(backfill: Backfill) -> None:
    assert {dag_id: len(group) for dag_id, group in backfill.runs.items()} == {
        PIPELINE: 2,
        "emmaa_mm_update": 2,
        "emmaa_after_update": 2,
    }
    assert {run["state"] for group in backfill.runs.values() for run in group} == {"success"}
    days = [run["logical_date"][:10] for run in backfill.runs[PIPELINE]]
    assert days == [day(40).isoformat(), day(39).isoformat()]


def test_the_days_follow_each_other(backfill: Backfill) -> None:
    first, second = (backfill.tasks(run) for run in backfill.runs[PIPELINE])
    started = second["model.run_model_update"]["start_date"]
    assert first["model.run_model_update"]["end_date"] <= started


def test_each_day_reads_its_own_window(backfill: Backfill) -> None:
    s3 = backfill.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=model_prefix(MODEL) + "20")
    states = [s3_json(backfill.stack, item["Key"]) for item in listed["Contents"]]
    read = [
        {evidence["text_refs"]["DEMO"] for item in state for evidence in item["stmt"]["evidence"]}
        for state in states
    ]
    first, second, _ = backfill.papers
    assert read == [{first}, {first, second}]


def test_new_states_are_dated_when_they_are_made(backfill: Backfill) -> None:
    s3 = backfill.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=model_prefix(MODEL) + "20")
    today = format_round(datetime.now(UTC) - timedelta(days=1))
    dates = [item["Key"].removeprefix(model_prefix(MODEL)) for item in listed["Contents"]]
    assert all(text > today for text in dates)


def test_nobody_hears_of_it(backfill: Backfill) -> None:
    assert backfill.mails == 0
    for run in backfill.runs["emmaa_after_update"]:
        notify = backfill.tasks(run)["notify"]
        assert notify["state"] == "skipped"
        assert "notify is false for this round" in backfill.stack.airflow.task_log(notify)


def test_its_objects_say_that_nobody_may_hear_of_them(backfill: Backfill) -> None:
    s3 = backfill.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=model_manager_prefix(MODEL))
    for item in listed["Contents"]:
        metadata = s3.head_object(Bucket=BUCKET, Key=item["Key"])["Metadata"]
        assert metadata["emmaa-notify"] == "false"
    assert len(listed["Contents"]) == 2


@pytest.fixture(scope="module")
def by_form(backfill: Backfill) -> dict[str, dict[str, Any]]:
    """Fill a day through the UI's form, with *Notify subscribers* at *yes*.

    :returns: the run of each DAG
    """
    stack, since = backfill.stack, datetime.now(UTC)
    start = datetime.combine(day(20), time.min, UTC)
    conf = {"models": [MODEL], "notify": True}
    wait_until(
        lambda: not stack.airflow.backfills_at_work(PIPELINE),
        seconds=300,
        what="the end of the first backfill",
        watched=stack.processes,
        every=2,
    )
    stack.airflow.backfill(PIPELINE, start, start + timedelta(hours=23, minutes=59), conf)
    wait_until(
        lambda: ended(runs_of_the_model(stack, since), 3),
        seconds=900,
        what="the day filled by the form",
        watched=stack.processes,
        every=2,
    )
    runs = runs_of_the_model(stack, since)
    before = {run["dag_run_id"] for group in backfill.runs.values() for run in group}
    new = [run for group in runs.values() for run in group if run["dag_run_id"] not in before]
    assert len(new) == len(runs)
    return {run["dag_id"]: run for run in new}


def test_the_form_fills_a_day_and_reads_its_window(
    backfill: Backfill, by_form: dict[str, dict[str, Any]]
) -> None:
    assert {run["state"] for run in by_form.values()} == {"success"}
    assert by_form[PIPELINE]["logical_date"][:10] == day(20).isoformat()
    s3 = backfill.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=model_prefix(MODEL) + "20")
    newest = s3_json(backfill.stack, listed["Contents"][-1]["Key"])
    read = {each["text_refs"]["DEMO"] for item in newest for each in item["stmt"]["evidence"]}
    assert read == set(backfill.papers)


def test_subscribers_may_hear_of_it_if_the_form_says_so(
    backfill: Backfill, by_form: dict[str, dict[str, Any]]
) -> None:
    notify = backfill.tasks(by_form["emmaa_after_update"])["notify"]
    assert notify["state"] == "success"
    s3 = backfill.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=model_manager_prefix(MODEL))
    key = listed["Contents"][-1]["Key"]
    assert s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]["emmaa-notify"] == "true"
