"""Simulation of queries in a ``config.json`` (docs/reference/model-config.md#queries)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.model_config import QuerySection, Simulation, parse_model_config

TESTER = {"prob": 0.8, "alpha": 0.1, "beta": 0.1, "delta": 0.05}


def query_section(**query: Any) -> QuerySection:
    document = {"search_terms": [], "query": query}
    return parse_model_config("m", json.dumps(document)).query


def test_the_original_s_configs_are_read() -> None:
    section = query_section(
        dynamic={"use_kappa": True, "time_limit": None, "num_times": 50, "num_sim": 3},
        intervention={"hypothesis_tester": TESTER},
    )
    assert section.dynamic == Simulation(use_kappa=True, num_times=50, num_sim=3)
    assert section.intervention
    assert section.intervention.hypothesis_tester
    assert section.intervention.hypothesis_tester.prob == 0.8


def test_the_defaults_are_those_of_the_original() -> None:
    section = query_section(dynamic={})
    assert section.dynamic == Simulation()
    assert section.intervention is None
    default = Simulation()
    assert (default.use_kappa, default.time_limit, default.num_times) == (False, None, 100)


@pytest.mark.parametrize(
    ("dynamic", "field"),
    [
        ({"use_kappa": "often"}, "dynamic.use_kappa"),
        ({"time_limit": 0}, "dynamic.time_limit"),
        ({"num_times": 1}, "dynamic.num_times"),
        ({"num_times": 10**12}, "dynamic.num_times"),
        ({"num_sim": 0}, "dynamic.num_sim"),
        ({"hypothesis_tester": {**TESTER, "delta": 0.3}}, "dynamic.hypothesis_tester"),
        ({"hypothesis_tester": {**TESTER, "prob": 0.04}}, "dynamic.hypothesis_tester"),
        ({"hypothesis_tester": {**TESTER, "alpha": 0.5}}, "dynamic.hypothesis_tester.alpha"),
        ({"hypothesis_tester": {**TESTER, "delta": -0.1}}, "dynamic.hypothesis_tester.delta"),
        ({"hypothesis_tester": {"prob": 0.8}}, "dynamic.hypothesis_tester.delta"),
        ({"hypothesis_tester": {**TESTER, "gamma": 1}}, "dynamic.hypothesis_tester.gamma"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(dynamic: dict[str, Any], field: str) -> None:
    with pytest.raises(ModelConfigError, match=rf"'m', models/m/config.json.*query.{field}"):
        query_section(dynamic=dynamic)
