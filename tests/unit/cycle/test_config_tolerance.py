"""Configs that the original tolerated, and fields that only display."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.model_config.tolerance import tolerated
from tests.unit.cycle.test_cycle_model_config import COVID19, json_values


def parse(**fields: Any) -> ModelConfig:
    return parse_model_config("rasmodel", json.dumps({"search_terms": [], **fields}))


def noted(config: ModelConfig, field: str) -> bool:
    return any(f"field {field}" in note for note in config.notes)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (None, False), (1, True), (0, False), (1.0, True), ("", False), (2, True), ([], False),
        ("true", True), ("True", True), ("yes", True), ("1", True),
        ("false", False), ("no", False), ("0", False), (" off ", False),
    ],
)  # fmt: skip
def test_flags_in_other_forms_are_read_with_a_note(value: Any, flag: bool) -> None:
    config = parse(
        run_daily_update=value,
        run_daily_tests=value,
        dev_only=value,
        make_tests=value,
        test={"direct_paths": {"a_tests": value}},
        query={"dynamic": {"use_kappa": value}, "intervention": {"use_kappa": value}},
    )
    assert config.query.dynamic
    assert config.query.intervention
    assert [
        config.run_daily_update,
        config.run_daily_tests,
        config.dev_only,
        config.make_tests,
        config.test.direct_paths["a_tests"],
        config.query.dynamic.use_kappa,
        config.query.intervention.use_kappa,
    ] == [flag] * 7
    assert noted(config, "run_daily_update")
    assert noted(config, "test.direct_paths.a_tests")
    assert noted(config, "query.intervention.use_kappa")


@pytest.mark.parametrize(
    ("section", "holder", "field"),
    [
        ("query", "dynamic", "num_times"), ("query", "intervention", "max_seconds"),
        ("query", "open_search", "signed_graph"), ("query", "statement_checking", "pysb"),
        ("reading", "filter", "conditions"), ("reading", "filter", "evid_policy"),
        ("test", "statement_checking", "pybel"), ("test", "filters", "a_tests"),
        ("test", "edge_filters", "a_tests"),
    ],
)  # fmt: skip
def test_a_null_deeper_in_a_section_is_as_if_it_were_missing(
    section: str, holder: str, field: str
) -> None:
    config = parse(**{section: {holder: {field: None}}})
    assert getattr(config, section) == getattr(parse(**{section: {holder: {}}}), section)
    assert noted(config, f"{section}.{holder}.{field}")


def test_names_alone_and_twice_count_once() -> None:
    corpora = ["a_tests", "b_tests", "a_tests"]
    config = parse(
        export_formats="pybel", test={"mc_types": ["pysb", "pysb"], "test_corpus": corpora}
    )
    assert config.export_formats == ["pybel"]
    assert config.test.mc_types == ["pysb"]
    assert config.test.test_corpus == ["a_tests", "b_tests"]
    assert noted(config, "test.mc_types")
    assert noted(config, "test.test_corpus")
    assert parse(test={"mc_types": "pysb"}).test.mc_types == ["pysb"]


def test_steps_and_search_terms_without_details_are_read() -> None:
    term = {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": None}
    step = {"function": "filter_no_hypothesis", "args": None, "kwargs": None}
    config = parse(search_terms=[term], assembly=[step], reading={"collection_id": 181})
    assert config.search_terms[0].db_refs == {}
    assert (config.assembly.main[0].args, config.assembly.main[0].kwargs) == ([], {})
    assert config.reading.collection_id == "181"
    assert noted(config, "assembly.main.0.kwargs")
    kept = parse(assembly=[{"function": "filter_relevance", "kwargs": {"policy": None}}])
    assert kept.assembly.main[0].kwargs == {"policy": None}


@pytest.mark.parametrize(
    "field", ["assembly", "reading", "test", "query", "batch", "export_formats", "make_tests"]
)
def test_a_null_section_is_the_default(field: str) -> None:
    config = parse(**{field: None})
    assert getattr(config, field) == getattr(parse(), field)
    assert noted(config, field)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ("test", "test_corpus"), ("test", "mc_types"), ("test", "filters"),
        ("test", "statement_checking"), ("reading", "main_id_type"), ("query", "open_search"),
        ("assembly", "main"),
    ],
)  # fmt: skip
def test_a_null_field_of_a_section_is_the_default(section: str, field: str) -> None:
    config = parse(**{section: {field: None}})
    assert getattr(config, section) == getattr(parse(), section)
    assert noted(config, f"{section}.{field}")


@pytest.mark.parametrize("odd", ["\ud800", "\x00", "\x1b", "\uffff"])
def test_a_character_in_a_fields_name_that_no_store_holds_blocks_nothing(odd: str) -> None:
    term = {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": {f"HG{odd}NC": "1"}}
    config = parse(
        **{odd: 1},
        search_terms=[term],
        reading={f"other{odd}": 3},
        test={f"mc_{odd}types": ["pybel"]},
        assembly=[{"function": "filter_relevance", "kwargs": {f"poli{odd}cy": "one"}}],
    )
    assert config.search_terms[0].db_refs == {"HGNC": "1"}
    assert config.test.mc_types == ["pybel"]
    assert config.assembly.main[0].kwargs == {"policy": "one"}
    assert "\n".join(config.notes).encode()
    assert sum("no store can hold its name" in note for note in config.notes) == 5


def test_a_field_that_stands_twice_is_named() -> None:
    config = parse_model_config(
        "rasmodel",
        '{"search_terms": [], "test": {"mc_types": ["pysb"]}, "run_daily_tests": true,'
        ' "test": {"mc_types": ["pybel"], "mc_types": ["signed_graph"]}}',
    )
    assert config.test.mc_types == ["signed_graph"]
    assert config.notes == tuple(
        f"field {name} stands 2 times in one object: the last one counts"
        for name in ("mc_types", "test")
    )


def test_nulls_with_a_meaning_are_kept() -> None:
    config = parse(reading={"reader": None, "literature_source": None}, ndex=None, twitter=None)
    assert config.reading.pairs == []
    assert config.notes == ()


def test_empty_make_tests_makes_none() -> None:
    config = parse(make_tests={})
    assert config.make_tests is False
    assert noted(config, "make_tests")


@pytest.mark.parametrize("section", ["batch", "query", "reading", "test"])
@pytest.mark.parametrize("empty", [[], ""])
def test_an_empty_list_or_text_is_an_empty_section(section: str, empty: Any) -> None:
    config = parse(**{section: empty})
    assert getattr(config, section) == getattr(parse(**{section: {}}), section)
    assert noted(config, section)


@pytest.mark.parametrize("network", ["", None, "none", 5, [], {"a": 1}])
@pytest.mark.parametrize("inside", [True, False])
def test_no_network_of_ndex_blocks_nothing(network: Any, inside: bool) -> None:
    config = parse(ndex={"network": network} if inside else network)
    assert config.ndex is None
    assert noted(config, "ndex.network") or (network is None and not inside)


@given(
    st.sampled_from(["name", "human_readable_name", "description", "dev_only", "twitter_link",
                     "twitter", "ndex", "test.default_test_corpus"]),
    json_values,
)  # fmt: skip
def test_a_field_for_display_never_blocks_a_model(field: str, value: Any) -> None:
    section, _, name = field.rpartition(".")
    document = {**COVID19, **({section: {**COVID19[section], name: value}} if section
                              else {name: value})}  # fmt: skip
    config = parse_model_config("covid19", json.dumps(document))
    assert config.run_daily_update
    assert isinstance(config.title("covid19"), str)


@given(json_values)
def test_the_document_stays_as_it_is(value: Any) -> None:
    document = {"search_terms": [], "test": value, "make_tests": value, "ndex": value}
    before = json.dumps(document)
    tolerated(document)
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"run_daily_updates": True}, "field run_daily_updates is read by nothing; did you mean"
                                      " run_daily_update?"),
        ({"test": {"tests_corpus": "x"}}, "did you mean test_corpus?"),
        ({"test": {"statement_checking": {"pysp": {}}}}, "did you mean pysb?"),
        ({"query": {"dynamics": {}}}, "did you mean dynamic?"),
        ({"make_tests": {"filters": {}}}, "field make_tests.filters is read by nothing"),
        ({"qwxz": 1}, "field qwxz is read by nothing"),
    ],
)  # fmt: skip
def test_an_unread_field_is_named_with_the_nearest(fields: dict[str, Any], note: str) -> None:
    assert [found for found in parse(**fields).notes if note in found]


def test_a_config_of_the_original_has_no_note() -> None:
    assert parse_model_config("covid19", json.dumps(COVID19)).notes == ()


def test_notes_are_short_and_few() -> None:
    document: dict[str, Any] = {
        "search_terms": [],
        "a\nb": 1,
        "x" * 10_000: 1,
        **dict.fromkeys(map(str, range(500))),
    }
    document |= {f"k{number}": 1 for number in range(500)}
    notes = parse_model_config("m", json.dumps(document)).notes
    assert len(notes) == 21
    assert notes[-1].startswith("and ")
    assert all(len(note) <= 300 and "\n" not in note for note in notes)
