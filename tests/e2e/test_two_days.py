"""Two days of the cycle on a real Airflow: what came out is what the seed data says.

Day 1 is what ``make demo`` does; on day 2 a model's config is broken, which must stop nothing
else (issue 2).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import closing
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest

from emmaa_cycle.s3_layout import (
    corpus_stats_key,
    corpus_stats_prefix,
    model_key,
    model_prefix,
    model_stats_key,
    model_stats_prefix,
)
from infra.local.demo import Day
from infra.local.report.check import missing_objects
from infra.local.report.results import newest_key
from infra.local.stack.database import JOB_VARIABLES
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import marked_processes
from tests.e2e.conftest import BROKEN_MODEL, TwoDays, s3_json
from tests.e2e.guard_control import ADDRESS, PORTS

pytestmark = pytest.mark.e2e

DAYS = pytest.mark.parametrize("number", [1, 2])


def active(day: Day) -> dict[str, dict[str, Any]]:
    """Return the models that a day's cycle assembles, each with its expected results."""
    return {m: plan for m, plan in day.expected["models"].items() if plan["action"] != "skip"}


def rounds(stack: Stack, prefix: str, extension: str) -> list[str]:
    """Return the ``<dt>`` of all objects with a prefix, oldest first."""
    pages = (
        stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket="emmaa", Prefix=prefix)
    )
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return sorted(k.removeprefix(prefix).removesuffix(extension) for k in keys)


def stats_of(stack: Stack, model: str, number: int) -> dict[str, Any]:
    """Return a model's statistics of the round of day ``number``; day 0 is the seeded history."""
    date = rounds(stack, model_stats_prefix(model), ".json")[number]
    document: dict[str, Any] = s3_json(stack, model_stats_key(model, date))
    return document


def corpus_stats_of(stack: Stack, model: str, corpus: str, number: int) -> dict[str, Any]:
    date = rounds(stack, corpus_stats_prefix(model, corpus), ".json")[number]
    document: dict[str, Any] = s3_json(stack, corpus_stats_key(model, corpus, date))
    return document


def test_day_1_has_no_fault(two_days: TwoDays) -> None:
    assert two_days.days[0].faults == []


@DAYS
def test_every_object_is_there(two_days: TwoDays, number: int) -> None:
    day = two_days.days[number - 1]
    assert missing_objects(two_days.stack.client("s3"), day.expected, day.since) == []


@DAYS
def test_each_upload_started_exactly_one_run(two_days: TwoDays, number: int) -> None:
    day = two_days.days[number - 1]
    runs = Counter((run.dag_id, run.model) for run in day.runs if run.model)
    assert runs == {
        (dag_id, model): 1
        for dag_id in ("emmaa_mm_update", "emmaa_after_update")
        for model in active(day)
    }


@DAYS
def test_statistics_name_exactly_the_new_statements(two_days: TwoDays, number: int) -> None:
    day = two_days.days[number - 1]
    for model, plan in active(day).items():
        stats = stats_of(two_days.stack, model, number)
        delta = stats["model_delta"]["statements_hashes_delta"]
        assert set(delta["added"]) == set(plan["new_statements"]), model
        assert set(delta["removed"]) == set(plan["removed_statements"]), model
        english = {h: stats["model_summary"]["all_stmts"][h][1] for h in delta["added"]}
        assert english == plan["new_statements"]
        assert sorted(stats["paper_delta"]["raw_paper_ids_delta"]["added"]) == plan["new_papers"]
        series = stats["changes_over_time"]
        assert len(series["dates"]) == len(series["number_of_statements"]) == number + 1


@DAYS
def test_statistics_name_exactly_the_newly_passed_tests(two_days: TwoDays, number: int) -> None:
    for model, plan in active(two_days.days[number - 1]).items():
        for corpus in plan["corpora"]:
            stats = corpus_stats_of(two_days.stack, model, corpus, number)
            results = stats["test_round_summary"]["all_test_results"]
            for mc_type in plan["mc_types"]:
                added = stats["tests_delta"][mc_type]["passed_hashes_delta"]["added"]
                english = sorted(results[h]["test"][1].removesuffix(".") for h in added)
                wanted = plan["newly_passed"][corpus].get(mc_type, [])
                assert english == sorted(s.removesuffix(".") for s in wanted), (corpus, mc_type)


def test_egf_reaches_mapk1_and_not_the_reverse(two_days: TwoDays) -> None:
    stats = corpus_stats_of(two_days.stack, "rasmodel", "ras_textbook_tests", 1)
    results = {
        item["test"][1]: item for item in stats["test_round_summary"]["all_test_results"].values()
    }
    for mc_type in ("pysb", "signed_graph", "unsigned_graph"):
        verdict, paths = results["EGF activates MAPK1."][mc_type]
        assert verdict == "Pass"
        nodes = re.split(" [→⊣↔] ", paths[0]["path"])
        assert (nodes[0], nodes[1], nodes[-1]) == ("EGF", "EGFR", "MAPK1")
        assert results["MAPK1 activates EGF."][mc_type][0] == "Fail"


@DAYS
def test_ses_accepted_exactly_the_expected_mails(two_days: TwoDays, number: int) -> None:
    expected = two_days.days[number - 1].expected
    mails = two_days.days[number - 1].mails
    sent = Counter(recipient for mail in mails for recipient in mail.recipients)
    wanted = Counter({who: len(models) for who, models in expected["model_mails"].items()})
    wanted.update(list(expected["query_mails"]))
    assert sent == wanted
    assert len(mails) == expected["mails"] > 0


@DAYS
def test_query_mails_tell_exactly_the_news(two_days: TwoDays, number: int) -> None:
    expected = two_days.days[number - 1].expected["query_mails"]
    questions = {item["query"] for items in expected.values() for item in items}
    mails = [m for m in two_days.days[number - 1].mails if "your queries" in m.subject]
    reported = {
        mail.recipients: {question for question in questions if question in mail.text}
        for mail in mails
    }
    assert len(reported) == len(mails) > 0
    assert reported == {
        (who,): {item["query"] for item in items} for who, items in expected.items()
    }


@DAYS
def test_model_mails_count_the_new_statements(two_days: TwoDays, number: int) -> None:
    day = two_days.days[number - 1]
    for recipient, models in day.expected["model_mails"].items():
        texts = [
            mail.text for mail in two_days.days[number - 1].mails if recipient in mail.recipients
        ]
        for model in models:
            new = len(day.expected["models"][model]["new_statements"])
            page = f"{two_days.stack.ui_url}/plugin/emmaa?page=model&model={model}&round="
            (text,) = [t for t in texts if page in t]
            assert re.findall(r"(\d+) new mechanism", text) == ([str(new)] if new else [])


def rows_of(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def test_databases_hold_answers_and_statements(two_days: TwoDays) -> None:
    primary, statements = (two_days.stack.jobs[name] for name in JOB_VARIABLES)
    answered = rows_of(
        primary,
        "select q.model_id, count(distinct r.round_date) from result r"
        " join query q on q.hash = r.query_hash group by q.model_id",
    )
    subscribed = rows_of(
        primary,
        "select distinct q.model_id from user_query u join query q on q.hash = u.query_hash"
        " where u.subscription",
    )
    ledger = rows_of(primary, "select distinct status from notification")
    assert {model for model, _ in answered} == {model for (model,) in subscribed}
    assert {count for _, count in answered} == {3}, "history and two days"
    assert ledger == [("sent",)]
    rows = dict(
        rows_of(
            statements.removesuffix(";statement"),
            "select model_id, count(*) from statement s where date ="
            " (select max(date) from statement t where t.model_id = s.model_id)"
            " group by model_id",
        )
    )
    for model in active(two_days.days[1]):
        summary = stats_of(two_days.stack, model, 2)["model_summary"]
        assert rows[model] == summary["number_of_statements"]


def test_second_day_adds_exactly_the_new_raw_statements(two_days: TwoDays) -> None:
    for model, plan in active(two_days.days[1]).items():
        if plan["action"] != "update":
            continue
        dates = rounds(two_days.stack, model_prefix(model), ".json.gz")
        first, second = (s3_json(two_days.stack, model_key(model, date)) for date in dates[-2:])
        added = [item for item in second if item not in first]
        assert len(added) == len(second) - len(first) > 0
        papers = {
            evidence["text_refs"]["DEMO"] for item in added for evidence in item["stmt"]["evidence"]
        }
        assert papers == set(plan["new_papers"])


def test_broken_config_fails_alone_and_is_named(two_days: TwoDays) -> None:
    day = two_days.days[1]
    (pipeline,) = [run for run in day.runs if run.dag_id == "emmaa_update_pipeline"]
    assert f"model.plan [{BROKEN_MODEL}]" in pipeline.failed
    assert [fault for fault in day.faults if pipeline.run_id not in fault] == []
    airflow = two_days.stack.airflow
    tasks = airflow.task_instances(pipeline.dag_id, pipeline.run_id)
    (plan,) = [t for t in tasks if (t["task_id"], t["state"]) == ("model.plan", "failed")]
    others = [t for t in tasks if t["map_index"] not in (-1, plan["map_index"])]
    assert {t["state"] for t in others} == {"success", "skipped"}
    log = airflow.task_log(plan)
    assert f"models/{BROKEN_MODEL}/config.json" in log
    assert "test.mc_types.0" in log


def test_no_job_took_more_than_one_submission(two_days: TwoDays) -> None:
    """Every Batch job of the two days has a different name."""
    batch = two_days.stack.client("batch")
    names = [
        job["jobName"]
        for queue in ("emmaa-models-update-test", "emmaa-after-update")
        for page in batch.get_paginator("list_jobs").paginate(
            jobQueue=queue, filters=[{"name": "JOB_NAME", "values": ["*"]}]
        )
        for job in page["jobSummaryList"]
    ]
    assert len(names) == len(set(names)) > 0


def test_managers_say_which_run_made_them(two_days: TwoDays) -> None:
    s3 = two_days.stack.client("s3")
    for model in active(two_days.days[0]):
        key = newest_key(s3, f"results/{model}/model_manager_", two_days.days[0].since)
        assert key is not None
        metadata = s3.head_object(Bucket="emmaa", Key=key)["Metadata"]
        assert metadata["emmaa-dag-id"] == "emmaa_mm_update"
        assert metadata["emmaa-run-id"]
        assert metadata["emmaa-notify"] == "true"


def test_nothing_left_this_machine(two_days: TwoDays) -> None:
    assert not two_days.stack.guard_log.exists()


@pytest.mark.parametrize("kind", PORTS)
def test_what_tries_to_leave_this_machine_is_seen(two_days: TwoDays, kind: str) -> None:
    tried = f"socket.connect ({ADDRESS!r}, {PORTS[kind]}) would leave this machine"
    assert two_days.guard_control.count(tried) == 1, two_days.guard_control


def test_every_part_carries_the_stacks_mark(two_days: TwoDays) -> None:
    """So that what is left of a stack is found, and what is not of it is left alone."""
    marked = marked_processes(two_days.stack.directory)
    assert {process.pid for process in two_days.stack.processes} <= {p.pid for p in marked}
    children = {p.session for p in marked if p.pid != p.session}
    assert len(children) > 1, "those of Airflow's components, which change their titles"


def test_state_file_names_every_process(two_days: TwoDays) -> None:
    state = json.loads((two_days.stack.directory / "stack.json").read_text())
    assert {process["name"] for process in state["processes"]} == {
        "postgres",
        "aws",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
    }
