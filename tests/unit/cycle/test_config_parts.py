"""Parts of a config that fail alone."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config import ModelConfig, TestSection, parse_model_config
from tests.unit.cycle.test_cycle_model_config import json_values

TERM: dict[str, Any] = {"type": "gene", "name": "BRAF", "db_refs": {}, "search_term": "BRAF"}
GOOD: dict[str, Any] = {
    "search_terms": [TERM],
    "export_formats": ["pybel"],
    "test": {"mc_types": ["pysb", "pybel"], "test_corpus": ["a_tests", "b_tests"]},
}


def parse(**fields: Any) -> ModelConfig:
    return parse_model_config("m", json.dumps({**GOOD, **fields}))


def only_part(config: ModelConfig) -> LeftOut:
    [part] = config.left_out
    assert part.where == "models/m/config.json"
    return part


@pytest.mark.parametrize(
    ("term", "item"),
    [
        ({"name": "KRAS"}, "KRAS"),
        ({**TERM, "name": "KRAS", "searchterm": "KRAS"}, "KRAS"),
        ({**TERM, "name": 5}, "5"),
        ("KRAS", "KRAS"),
        (None, "None"),
        ([], "[]"),
    ],
)
def test_a_search_term_that_cannot_be_used_costs_itself(term: Any, item: str) -> None:
    config = parse(search_terms=[term, TERM])
    assert [each.name for each in config.search_terms] == ["BRAF"]
    part = only_part(config)
    assert (part.kind, part.item) == ("search term", item)
    assert "field search_terms.0" in part.reason


@pytest.mark.parametrize("name", ["../x", "-t", "", " a_tests", "a\nb", "x" * 129, 5, None, ["a"]])
def test_a_corpus_that_cannot_be_named_costs_itself(name: Any) -> None:
    config = parse(test={"test_corpus": ["a_tests", name, "b_tests"]})
    assert config.test.test_corpus == ["a_tests", "b_tests"]
    assert only_part(config).kind == "corpus"
    assert "field test.test_corpus.1" in only_part(config).reason


@pytest.mark.parametrize("mc_type", ["petri", "PySB", "", 5, None, {}, ["pysb"]])
def test_an_unknown_model_type_costs_itself(mc_type: Any) -> None:
    config = parse(test={"mc_types": [mc_type, "pybel", "pysb", "pybel"]})
    assert config.test.mc_types == ["pybel", "pysb"]
    assert only_part(config).kind == "model type"


def test_limits_that_cannot_be_used_cost_their_model_type() -> None:
    limits = {"max_paths": 2, "pysb": {"max_paths": -1}, "pybel": {"max_paths": 3}}
    config = parse(test={"mc_types": ["petri", "pysb", "pybel"], "statement_checking": limits})
    assert config.test.mc_types == ["pybel"]
    assert config.test.statement_checking.pybel.max_paths == 3
    assert {(part.kind, part.item) for part in config.left_out} == {
        ("model type", "petri"),
        ("model type", "pysb"),
    }


def test_an_export_format_that_is_no_text_costs_itself() -> None:
    config = parse(export_formats=["pybel", 5])
    assert config.export_formats == ["pybel"]
    assert only_part(config).kind == "export"


@pytest.mark.parametrize("name", ["", "-t", "a/b"])
def test_a_name_alone_is_a_list_of_one(name: str) -> None:
    config = parse(test={"test_corpus": name})
    assert config.test.test_corpus == []
    assert only_part(config).kind == "corpus"
    with pytest.raises(ModelConfigError, match="at least one model type is needed"):
        parse(test={"mc_types": name})


def test_a_model_without_any_usable_type_is_refused_with_each_reason() -> None:
    with pytest.raises(ModelConfigError) as caught:
        parse(test={"mc_types": ["petri", 5]})
    for text in ("test.mc_types.0", "test.mc_types.1", "at least one model type is needed"):
        assert text in str(caught.value)


def test_a_fault_elsewhere_refuses_the_config_and_names_all_faults() -> None:
    with pytest.raises(ModelConfigError) as caught:
        parse(search_terms=[5], make_tests="often")
    assert "field search_terms.0" in str(caught.value)
    assert "field make_tests" in str(caught.value)


@given(
    st.sampled_from([("search_terms",), ("export_formats",), ("test", "test_corpus")]),
    st.lists(json_values, max_size=4),
    st.integers(0, 4),
)
def test_any_neighbour_costs_a_good_part_nothing(
    place: tuple[str, ...], odd: list[Any], position: int
) -> None:
    document = json.loads(json.dumps(GOOD))
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    good = holder[place[-1]]
    holder[place[-1]] = [*odd[:position], *good, *odd[position:]]

    config = parse_model_config("m", json.dumps(document))

    kept: Any = config
    for key in place:
        kept = getattr(kept, key)
    kept = [each.model_dump() if place == ("search_terms",) else each for each in kept]
    assert all(each in kept for each in good)
    assert config.test.mc_types == ["pysb", "pybel"]


@given(
    st.dictionaries(
        st.sampled_from(sorted(TestSection.model_fields)),
        json_values | st.sampled_from(["", [""], {"pysb": {"max_paths": -1}}]),
        max_size=3,
    )
)
def test_any_tests_are_read_or_refused(section: dict[str, Any]) -> None:
    with suppress(ModelConfigError):
        assert parse(test=section).test.mc_types
