"""Asset events of a round, and the DAG of the docs that waits for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from emmaa_cycle.overview.figures import AssemblyFigures
from emmaa_cycle.overview.part import Part, part_text
from emmaa_cycle.s3_layout import corpus_stats_key, model_key, model_manager_key, model_stats_key
from emmaa_cycle.stages import Stage
from tests.dags.test_quality_gate import CORPUS, put_round
from tests.dags.world import MODEL_DATE, ROUND, World

DAG = "emmaa_after_update"
PAGE = Path(__file__).parents[2] / "docs" / "assets.md"


def put_all(world: World, model: str) -> None:
    """Store a round with statistics, its manager, its model state, and the overview."""
    world.put_model(model, **CORPUS)
    put_round(world, model, lost=1)
    world.put_model_file(model)
    world.put_manager(model)
    figures = AssemblyFigures(
        title=model,
        model_date=MODEL_DATE,
        corpora=(),
        model_types=(),
        unassembled=(),
        updated_daily=True,
        tested_daily=False,
    )
    part = Part(model=model, stage=Stage.MM_UPDATE, date=ROUND, summary="", figures=figures)
    world.put(part.key, part_text(part))


def events(run_id: str) -> dict[str, dict[str, Any]]:
    """Return the extra of each asset event of a run, by the asset's URI."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run_id))
        return {event.asset.uri: event.extra for event in found}


def test_each_round_is_announced_with_its_numbers(world: World) -> None:
    put_all(world, "marm")
    run = world.run(DAG, model="marm")
    assert run.tasks["announce"] == "success"
    of_round = {"model": "marm", "date": ROUND}
    found = events(run.run_id)
    assert found == {
        f"s3://{world.bucket}/models/marm": {**of_round, "key": model_key("marm", MODEL_DATE)},
        f"s3://{world.bucket}/results/marm": {**of_round, "key": model_manager_key("marm", ROUND)},
        f"s3://{world.bucket}/model_stats/marm": {
            **of_round,
            "key": model_stats_key("marm", ROUND),
            "statements": 9,
            "added": 0,
            "removed": 1,
            "corpora": {"ras": {"applied": 2, "passed": {"pysb": 1}}},
        },
    }


def test_what_is_not_there_costs_its_own_event_alone(world: World) -> None:
    put_all(world, "a model")
    world.put("overview/a model/mm_update.json", "{}")
    world.put(corpus_stats_key("a model", "ras", ROUND), "no JSON")
    run = world.run(DAG, model="a model")
    assert run.tasks["announce"] == "success"
    found = events(run.run_id)
    statistics = found.pop(f"s3://{world.bucket}/model_stats/a%20model")
    assert statistics["statements"] == 9
    assert statistics["corpora"] == {}
    assert list(found) == [f"s3://{world.bucket}/results/a%20model"]


def test_without_model_statistics_nothing_is_announced(world: World) -> None:
    put_all(world, "statless")
    run = world.run(DAG, model="statless", stages=["model_stats"])
    assert run.tasks["announce"] == "skipped"
    assert events(run.run_id) == {}


@pytest.fixture
def example(world: World, tmp_path: Path) -> Any:
    """Return the DAG of the docs, for this test's bucket, as Airflow has it in its database."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dag import DagModel
    from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
    from airflow.utils.session import create_session

    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    file = tmp_path / "my_rasmachine.py"
    file.write_text(code.replace("s3://emmaa/", f"s3://{world.bucket}/"))
    dag = DagBag(dag_folder=str(file)).dags["my_rasmachine"]
    DagBundlesManager().sync_bundles_to_db()
    serialized = LazyDeserializedDAG(data=DagSerialization.to_dict(dag))
    with create_session() as session:
        update_dag_parsing_results_in_db(
            "dags-folder", None, [serialized], {}, None, set(), session
        )
        session.get_one(DagModel, dag.dag_id).is_paused = False
    return dag


def test_the_dag_of_the_docs_runs_when_its_model_has_a_round(world: World, example: Any) -> None:
    from airflow.models.asset import AssetDagRunQueue
    from airflow.utils.session import create_session

    def queued() -> list[str]:
        with create_session() as session:
            return [each.target_dag_id for each in session.scalars(select(AssetDagRunQueue))]

    put_all(world, "marm")
    world.run(DAG, model="marm")
    assert example.dag_id not in queued()
    put_all(world, "rasmachine")
    world.run(DAG, model="rasmachine")
    assert example.dag_id in queued()
