"""Tests of the choices that the DAGs' forms offer."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from emmaa_cycle.stages import AFTER_UPDATE_STAGES
from tests.dags.world import MODEL_DATE, ROUND

STAGES = [str(stage) for stage in AFTER_UPDATE_STAGES]
NOTIFY = [None, "yes", "no", True, False]
CHOICES: dict[str, dict[str, list[Any]]] = {
    "emmaa_update_pipeline": {
        "models": [None, [], ["marm"], ["marm", "ras"]],
        "notify": NOTIFY,
    },
    "emmaa_mm_update": {
        "model": ["marm"],
        "date": [None, MODEL_DATE],
        "notify": NOTIFY,
    },
    "emmaa_after_update": {
        "model": ["marm"],
        "date": [None, ROUND],
        "test_corpora": [None, [], ["a_tests"], ["a_tests", "b_tests"]],
        "stages": [None, [], STAGES, *([stage] for stage in STAGES)],
        "notify": NOTIFY,
    },
}
WRONG = [
    ("emmaa_update_pipeline", {"models": "marm"}),
    ("emmaa_update_pipeline", {"models": [""]}),
    ("emmaa_update_pipeline", {"notify": "maybe"}),
    ("emmaa_update_pipeline", {"notify": "as usual"}),
    ("emmaa_update_pipeline", {"notify": 1}),
    ("emmaa_update_pipeline", {"notify": 0}),
    ("emmaa_update_pipeline", {"notify": ""}),
    ("emmaa_update_pipeline", {"notify": "true"}),
    ("emmaa_update_pipeline", {"notify": "None"}),
    ("emmaa_update_pipeline", {"notify": "Yes"}),
    ("emmaa_update_pipeline", {"notify": 1.0}),
    ("emmaa_update_pipeline", {"notify": [True]}),
    ("emmaa_update_pipeline", {"notify": {}}),
    ("emmaa_update_pipeline", {"models": "['marm', 'ras']"}),
    ("emmaa_update_pipeline", {"models": {"marm": True}}),
    ("emmaa_update_pipeline", {"models": [None]}),
    ("emmaa_update_pipeline", {"models": [["marm"]]}),
    ("emmaa_update_pipeline", {"models": [1]}),
    ("emmaa_update_pipeline", {"models": False}),
    ("emmaa_mm_update", {"model": ["marm"]}),
    ("emmaa_mm_update", {"model": None}),
    ("emmaa_mm_update", {"model": "marm", "date": ""}),
    ("emmaa_mm_update", {"model": "marm", "date": f"{MODEL_DATE}\n"}),
    ("emmaa_mm_update", {"model": "marm", "date": f" {MODEL_DATE}"}),
    ("emmaa_mm_update", {"model": "marm", "date": MODEL_DATE.replace("0", "\u0660")}),
    ("emmaa_after_update", {"model": "marm", "stages": "tests"}),
    ("emmaa_after_update", {"model": "marm", "stages": [None]}),
    ("emmaa_mm_update", {"model": ""}),
    ("emmaa_mm_update", {}),
    ("emmaa_mm_update", {"model": "marm", "date": "2026-03-01"}),
    ("emmaa_after_update", {"model": "marm", "stages": ["test"]}),
    ("emmaa_after_update", {"model": "marm", "test_corpora": "a_tests"}),
]
#: What a person may name freely, because only the bucket knows which there are.
NAMES_OF_THE_BUCKET = {"models", "test_corpora"}


def validated(dag: Any, conf: dict[str, Any]) -> dict[str, Any]:
    params = copy.deepcopy(dag.params)
    params.update(conf)
    found: dict[str, Any] = params.validate()
    return found


def test_its_params_are_typed_and_described(dag: Any) -> None:
    for name in dag.params:
        param = dag.params.get_param(name)
        assert param.description, name
        assert param.schema["title"], name
        assert param.schema["type"], name


def test_lists_offer_what_can_be_chosen(dag: Any) -> None:
    for name in dag.params:
        schema = dag.params.get_param(name).schema
        if "array" not in schema["type"] or name in NAMES_OF_THE_BUCKET:
            continue
        assert schema["items"]["enum"], name
        assert schema["examples"] == schema["items"]["enum"], name  # Airflow's form offers these


def test_the_stages_that_can_be_chosen_are_those_after_an_update(dag_bag: Any) -> None:
    schema = dag_bag.dags["emmaa_after_update"].params.get_param("stages").schema
    assert schema["items"]["enum"] == STAGES


@pytest.mark.parametrize("dag_id", CHOICES)
def test_every_combination_is_accepted(dag_bag: Any, dag_id: str) -> None:
    names, values = zip(*CHOICES[dag_id].items(), strict=True)
    for combination in itertools.product(*values):
        conf = dict(zip(names, combination, strict=True))
        found = validated(dag_bag.dags[dag_id], conf)
        assert {name: found[name] for name in names} == conf


@pytest.mark.parametrize("dag_id", CHOICES)
def test_no_field_was_forgotten_here(dag_bag: Any, dag_id: str) -> None:
    assert set(dag_bag.dags[dag_id].params) - {"bucket", "key", "etag"} == set(CHOICES[dag_id])


@pytest.mark.parametrize(("dag_id", "conf"), WRONG)
def test_what_cannot_be_meant_is_refused(dag_bag: Any, dag_id: str, conf: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        validated(dag_bag.dags[dag_id], conf)


def test_optional_fields_have_no_star(dag: Any) -> None:
    """Airflow's form marks a field as required unless its type includes null."""
    for name in dag.params:
        param = dag.params.get_param(name)
        optional = param.has_value or param.value is None
        assert ("null" in param.schema["type"]) == optional, name


@pytest.mark.parametrize(
    "dag_id", ["emmaa_update_pipeline", "emmaa_mm_update", "emmaa_after_update"]
)
def test_notify_is_a_drop_down_of_three_texts(dag_bag: Any, dag_id: str) -> None:
    """Airflow's form shows no boolean as the chosen entry of a drop-down, only texts."""
    param = dag_bag.dags[dag_id].params.get_param("notify")
    assert param.value is None
    assert param.schema["enum"] == [None, "yes", "no"]
    shown = [param.schema["values_display"][str(value)] for value in param.schema["enum"]]
    assert shown == ["as usual", "yes", "no"]
