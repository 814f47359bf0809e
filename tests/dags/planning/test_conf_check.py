"""A run whose conf cannot be meant does nothing, and says what to do."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.planning import tasks
from emmaa_airflow.runs.run_facts import RunFacts
from tests.dags.world import World

DAYS = ["emmaa_update_pipeline", "emmaa_mm_update", "emmaa_after_update"]


def check(dag: Any, conf: dict[str, Any] | None, run_type: str = "manual") -> None:
    tasks.check_conf(dag, SimpleNamespace(conf=conf, run_type=run_type))


@pytest.mark.parametrize(
    ("dag_id", "key", "meant"),
    [
        ("emmaa_update_pipeline", "model", "models"),
        ("emmaa_update_pipeline", "Models", "models"),
        ("emmaa_update_pipeline", "notfy", "notify"),
        ("emmaa_mm_update", "models", "model"),
        ("emmaa_after_update", "corpora", "test_corpora"),
        ("emmaa_after_update", "stage", "stages"),
    ],
)
def test_a_wrong_key_is_refused_with_the_one_that_was_meant(
    dag_bag: Any, dag_id: str, key: str, meant: str
) -> None:
    with pytest.raises(AirflowFailException, match=f"no parameter '{key}'; did you mean '{meant}'"):
        check(dag_bag.dags[dag_id], {key: ["marm"]})


def test_every_dag_refuses_what_it_does_not_know(dag: Any) -> None:
    check(dag, None)
    check(dag, {})
    check(dag, dict.fromkeys(dag.params))
    with pytest.raises(AirflowFailException, match="has no parameter 'colour'"):
        check(dag, {"colour": "red", **dict.fromkeys(dag.params)})


@given(key=st.text(max_size=20))
def test_no_other_key_passes(dag_bag: Any, key: str) -> None:
    dag = dag_bag.dags["emmaa_update_pipeline"]
    if key in dag.params:
        check(dag, {key: None})
        return
    with pytest.raises(AirflowFailException, match="has no parameter"):
        check(dag, {key: None})


@pytest.mark.parametrize(
    "conf",
    [
        {"m" * 100_000: 1},
        {f"key{number}": None for number in range(1000)},
        {"models": ["marm"], "models ": ["ras"]},
        {"": None},
        {"\ud800": None},
    ],
    ids=["a long key", "a thousand keys", "a space too many", "empty", "no character"],
)
def test_odd_keys_get_a_message_that_can_be_read(dag_bag: Any, conf: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match="has no parameter '") as raised:
        check(dag_bag.dags["emmaa_update_pipeline"], conf)
    assert len(str(raised.value)) < 1000
    str(raised.value).encode()


def test_model_for_models_runs_no_model(world: World) -> None:
    world.put_model("marm", run_daily_update=True)
    world.put_model("ras", run_daily_update=True)
    run = world.run("emmaa_update_pipeline", model="marm")
    assert run.state == "failed"
    assert "did you mean 'models'?" in run.notes["list_models"]
    assert run.jobs == []


@pytest.mark.parametrize("dag_id", ["emmaa_mm_update", "emmaa_after_update"])
def test_a_wrong_key_fails_the_planning_of_a_round(world: World, dag_id: str) -> None:
    world.put_model("marm")
    world.put_model_file("marm")
    world.put_manager("marm")
    run = world.run(dag_id, model="marm", Date=None)
    assert "did you mean 'date'?" in run.notes["plan"]
    assert run.jobs == []


@pytest.mark.parametrize("conf", [None, {}, {"notify": None}])
def test_a_backfill_without_the_forms_values_is_refused(dag_bag: Any, conf: Any) -> None:
    dag = dag_bag.dags["emmaa_update_pipeline"]
    with pytest.raises(AirflowFailException, match="Override parameters on existing runs"):
        check(dag, conf, "backfill")
    check(dag, conf, "scheduled")
    check(dag, conf, "manual")


@pytest.mark.parametrize("models", [None, [], ["marm"]])
def test_a_backfill_that_chooses_models_or_all_is_taken(dag_bag: Any, models: Any) -> None:
    check(dag_bag.dags["emmaa_update_pipeline"], {"models": models, "notify": None}, "backfill")


def test_a_backfill_of_one_model_runs_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow's UI sends it, with and without its box ticked."""
    world.put_model("marm", run_daily_update=True)
    world.put_model("ras", run_daily_update=True)
    of = RunFacts.of
    monkeypatch.setattr(RunFacts, "of", lambda run: dataclasses.replace(of(run), is_backfill=True))
    plain = tasks.check_conf

    def in_a_backfill(dag: Any, dag_run: Any) -> None:
        plain(dag, SimpleNamespace(conf=dag_run.conf, run_type="backfill"))

    monkeypatch.setattr(tasks, "check_conf", in_a_backfill)
    unticked = world.run("emmaa_update_pipeline")
    assert unticked.state == "failed"
    assert unticked.jobs == []
    ticked = world.run("emmaa_update_pipeline", models=["marm"], notify=None)
    assert ticked.state == "success"
    assert [job.name.split("_")[0] for job in ticked.jobs] == ["marm"]
