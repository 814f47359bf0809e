"""The links of a task in the UI."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import boto3
import pytest
from airflow.serialization.serialized_objects import DagSerialization
from sqlalchemy import select

from emmaa_airflow.batch.outcome import LogLocation
from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.reporting.links import Console, JobLink, Results, results_of
from emmaa_airflow.runs.page_urls import run_address
from emmaa_airflow.uploads.following_run import following_run, upload_of
from emmaa_cycle import s3_layout
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from tests.dags.world import MODEL_DATE, World

LOG = LogLocation("/aws/batch/job", "emmaa_jobdef/default/1")
LINKS = {
    *("Batch job", "Job log", "Results in S3"),
    *("Run that made the input", "Run that the result started"),
}


def console(region: str = "us-east-1") -> Console:
    return Console.of(boto3.client("batch", region_name=region))


def as_the_api_server_reads(dag: Any) -> Any:
    """Return a DAG from its serialized form, with the links that a scheduler here leaves out."""
    with mock.patch.object(DagSerialization, "_load_operator_extra_links", True):
        return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_the_console_is_that_of_the_account(real_account: None) -> None:
    found = console()
    assert found.job("id-1") == (
        "https://console.aws.amazon.com/batch/home?region=us-east-1#jobs/detail/id-1"
    )
    assert found.log(LOG) == (
        "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups"
        "/log-group/%2Faws%2Fbatch%2Fjob/log-events/emmaa_jobdef%2Fdefault%2F1"
    )
    assert found.logs().endswith("#logsV2:log-groups/log-group/%2Faws%2Fbatch%2Fjob")
    assert found.results("emmaa", Results("results/a b/", "", "")) == (
        "https://console.aws.amazon.com/s3/buckets/emmaa?region=us-east-1&prefix=results%2Fa+b%2F"
    )
    assert found.results("emmaa", Results("results/m/", "results/m/x&y.json", "2026")) == (
        "https://console.aws.amazon.com/s3/object/emmaa?region=us-east-1"
        "&prefix=results%2Fm%2Fx%26y.json"
    )


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("cn-north-1", "https://console.amazonaws.cn/"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
    ],
)
def test_other_partitions_have_consoles_of_their_own(
    real_account: None, region: str, host: str
) -> None:
    found = console(region)
    for address in (found.job("id"), found.logs(), found.results("emmaa", Results("m/", "", ""))):
        assert address.startswith(host)


def test_an_embedded_aws_has_folders_and_no_console(aws_url: str, aws: str) -> None:
    found = console()
    assert found.job("id-1") == found.log(LOG) == found.logs() == ""
    page = f"{aws_url}/_local/objects/emmaa?prefix=results%2Fm%2F"
    assert found.results("emmaa", Results("results/m/", "", "")) == page
    round_of = Results("results/m/", "results/m/x", MODEL_DATE)
    assert found.results("emmaa", round_of) == f"{page}&contains={MODEL_DATE}"


def test_an_embedded_aws_in_a_container_has_no_page() -> None:
    there = Console("us-east-1", "http://aws:5555", "aws")
    assert there.results("emmaa", Results("results/m/", "", "")) == ""


@pytest.mark.parametrize(
    ("stage", "folder", "key"),
    [
        (Stage.MODEL_UPDATE, "models/m/", s3_layout.model_key("m", MODEL_DATE)),
        (Stage.MM_UPDATE, "results/m/", s3_layout.model_manager_key("m", MODEL_DATE)),
        (Stage.MODEL_STATS, "model_stats/m/", s3_layout.model_stats_key("m", MODEL_DATE)),
        (Stage.TESTS, "results/m/", s3_layout.results_key("m", "tc", MODEL_DATE)),
        (Stage.TEST_STATS, "stats/m/", s3_layout.corpus_stats_key("m", "tc", MODEL_DATE)),
        (Stage.MODEL_TO_TESTS, "tests/", s3_layout.corpus_key("m_tests", MODEL_DATE)),
    ],
)
def test_each_stage_has_its_object(stage: Stage, folder: str, key: str) -> None:
    assert results_of(stage, "m", "tc", MODEL_DATE) == Results(folder, key, MODEL_DATE)
    assert results_of(stage, "m", "tc", "") == Results(folder, "", "")


@pytest.mark.parametrize("stage", [Stage.QUERIES, Stage.NOTIFICATION, Stage.EMAIL])
def test_stages_that_write_no_object_have_no_link(stage: Stage) -> None:
    assert results_of(stage, "m", "tc", MODEL_DATE) is None


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://airflow.example.org", "/dags/d/runs/a%2Bb%3Ac"),
        ("https://example.org/airflow/", "/airflow/dags/d/runs/a%2Bb%3Ac"),
    ],
)
def test_a_run_is_linked_within_the_ui(
    monkeypatch: pytest.MonkeyPatch, base: str, address: str
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert run_address("d", "a+b:c") == address


def test_the_ui_finds_the_links_by_their_xcoms(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever clears a task in this process switches links off for good, as the scheduler does.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    dag = dag_bag.dags["emmaa_after_update"]
    again = as_the_api_server_reads(dag)
    for task in dag.tasks:
        if isinstance(task, EmmaaBatchOperator):
            assert set(again.get_task(task.task_id).extra_links) == LINKS, task.task_id


def test_a_task_shows_its_results_and_the_run_before(world: World, aws_url: str) -> None:
    world.put_model("marm")
    world.put_model_file("marm", emmaa_dag_id="emmaa_update_pipeline", emmaa_run_id="noon")
    run = world.run("emmaa_mm_update", model="marm")

    task = "update_model_manager"
    assert run.tasks[task] == "success"
    date = run.jobs[0].tags["round"]
    page = f"{aws_url}/_local/objects/{world.bucket}?prefix=results%2Fmarm%2F&contains={date}"
    shown_to_page = run.xcoms.pop((task, "job"))
    assert re.fullmatch(r"[0-9a-f-]{36}", shown_to_page)
    assert {key: value for (of, key), value in run.xcoms.items() if of == task} == {
        "_link_ResultsLink": page,
        "_link_CauseLink": "/dags/emmaa_update_pipeline/runs/noon",
    }
    assert shown(world, "emmaa_mm_update", run.run_id, task) == {
        "Batch job": "",
        "Job log": "",
        "Results in S3": page,
        "Run that made the input": "/dags/emmaa_update_pipeline/runs/noon",
        "Run that the result started": "",
    }


def shown(world: World, dag_id: str, run_id: str, task_id: str) -> dict[str, str]:
    """Return the links that the API server finds; the UI leaves out those without an address."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    task = as_the_api_server_reads(world.dag_bag.dags[dag_id]).get_task(task_id)
    with create_session() as session:
        query = select(TaskInstance).where(TaskInstance.run_id == run_id)
        ti = session.scalars(query.where(TaskInstance.task_id == task_id)).one()
        return {name: task.get_extra_links(ti, name) or "" for name in task.extra_links}


def test_what_started_a_round_is_linked_from_all_its_tasks(world: World) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests"]})
    world.put_manager("marm", emmaa_dag_id="emmaa_mm_update", emmaa_run_id="upload__1")
    run = world.run("emmaa_after_update", model="marm")

    cause = "/dags/emmaa_mm_update/runs/upload__1"
    for task in ("run_model_stats", "answer_queries", "notify"):
        assert run.xcoms[task, "_link_CauseLink"] == cause


def test_the_existing_image_names_its_upload_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = "2026-03-01-17-05-00"
    world.put_manager("marm", "2026-03-01-16-00-00")
    world.put_manager("marm", later)
    makes = upload_of(Stage.MM_UPDATE, "marm", MODEL_DATE)
    assert makes
    assert following_run(makes) == ""

    monkeypatch.setenv("EMMAA_LAUNCHER__IMAGE", "existing")
    load_settings.cache_clear()
    assert f"upload__marm__{later}" in following_run(makes)


def test_only_models_and_managers_start_something() -> None:
    assert [stage for stage in Stage if upload_of(stage, "m", MODEL_DATE)] == [
        Stage.MODEL_UPDATE,
        Stage.MM_UPDATE,
    ]


@pytest.mark.parametrize(("stored", "address"), [("https://a", "https://a"), (None, "")])
def test_a_link_is_what_its_xcom_says(
    monkeypatch: pytest.MonkeyPatch, stored: str | None, address: str
) -> None:
    monkeypatch.setattr("airflow.sdk.execution_time.xcom.XCom.get_value", lambda **_: stored)
    assert JobLink().get_link(None, ti_key=None) == address
