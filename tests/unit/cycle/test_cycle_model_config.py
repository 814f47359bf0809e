from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.model_config import (
    MakeTests,
    ModelConfig,
    PathLimits,
    parse_model_config,
)
from emmaa_cycle.resources import ResourceClass
from emmaa_cycle.stages import Stage

COVID19: dict[str, Any] = {
    "name": "covid19",
    "human_readable_name": "Covid-19",
    "description": "What is known of it",
    "ndex": {"network": "a8c0decc-6bbb-11ea-bfdc-0ac135e8bacf"},
    "search_terms": [
        {"type": "other", "name": "covid-19", "search_term": "covid-19", "db_refs": {}}
    ],
    "assembly": [
        {"function": "filter_no_hypothesis"},
        {
            "function": "map_grounding",
            "kwargs": {
                "grounding_map": {"function": "load_custom_grounding_map", "args": ["covid19"]},
                "grounding_map_policy": "extend",
            },
        },
    ],
    "test": {
        "statement_checking": {"max_path_length": 10, "max_paths": 1},
        "mc_types": ["signed_graph", "unsigned_graph"],
        "make_links": True,
        "test_corpus": ["covid19_curated_tests", "covid19_mitre_tests"],
        "default_test_corpus": "covid19_curated_tests",
        "filters": {"covid19_mitre_tests": "filter_chem_mesh_go"},
    },
    "reading": {
        "literature_source": ["pubmed", "biorxiv"],
        "reader": ["indra_db_pmid", "indra_db_doi"],
        "cord19_update": {"metadata": {}, "date_limit": 5},
    },
    "make_tests": False,
    "run_daily_update": True,
    "twitter": "covid19",
    "twitter_link": "https://twitter.com/covid19_emmaa",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def parse(**fields: Any) -> ModelConfig:
    return parse_model_config("rasmodel", json.dumps({"search_terms": [], **fields}))


def test_a_config_of_the_original_s_form_is_read() -> None:
    config = parse_model_config("covid19", json.dumps(COVID19).encode())

    assert config.run_daily_update
    assert not config.run_daily_tests
    assert config.test.test_corpus == ["covid19_curated_tests", "covid19_mitre_tests"]
    assert config.test.mc_types == ["signed_graph", "unsigned_graph"]
    assert config.reading.pairs == [("pubmed", "indra_db_pmid"), ("biorxiv", "indra_db_doi")]
    assert [step.function for step in config.assembly.main] == [
        "filter_no_hypothesis",
        "map_grounding",
    ]
    assert config.search_terms[0].name == "covid-19"
    assert config.title("covid19") == "Covid-19"


@pytest.mark.parametrize("mc_type", ["pysb", "pybel", "signed_graph", "unsigned_graph", "dynamic"])
def test_each_model_type_is_known(mc_type: str) -> None:
    assert parse(test={"mc_types": [mc_type]}).test.mc_types == [mc_type]


def test_the_least_config_has_the_documented_defaults() -> None:
    config = parse()

    assert not config.run_daily_update
    assert not config.run_daily_tests
    assert config.make_tests is False
    assert config.test.test_corpus == ["large_corpus_tests"]
    assert config.test.mc_types == ["pysb"]
    assert config.test.test_connector == "refinement"
    assert config.test.indranet_method == "preassembly"
    assert config.reading.pairs == [("pubmed", "indra_db_pmid")]
    assert config.reading.main_id_type == "TRID"
    assert config.title("rasmodel") == "rasmodel"
    assert config.batch.resource_class == {}


def test_one_value_may_stand_for_a_list() -> None:
    config = parse(
        test={"test_corpus": "one tests"},
        reading={"reader": "trips", "literature_source": "s3_inbox"},
        assembly=[{"function": "run_preassembly"}],
    )
    assert config.test.test_corpus == ["one tests"]
    assert config.reading.pairs == [("s3_inbox", "trips")]
    assert config.assembly.main[0].function == "run_preassembly"


def test_main_and_dynamic_assembly() -> None:
    steps = {"main": [{"function": "a"}], "dynamic": [{"function": "b", "args": [1]}]}
    assembly = parse(assembly=steps).assembly

    assert assembly.main[0].function == "a"
    assert assembly.dynamic is not None
    assert assembly.dynamic[0].args == [1]
    assert parse().assembly.dynamic is None


@pytest.mark.parametrize("missing", ["reader", "literature_source"])
def test_a_null_reader_or_source_means_no_literature_update(missing: str) -> None:
    assert parse(reading={missing: None}).reading.pairs == []


def test_path_limits_are_the_type_s_own_then_common_then_default() -> None:
    checking = parse(
        test={"statement_checking": {"max_path_length": 10, "pysb": {"max_path_length": 3}}}
    ).test.statement_checking
    default = PathLimits(5, 1)

    assert checking.limits("pysb", default) == PathLimits(3, 1)
    assert checking.limits("signed_graph", default) == PathLimits(10, 1)
    assert parse().test.statement_checking.limits("pysb", default) == default


def test_make_tests_may_filter() -> None:
    config = parse(make_tests={"filter": {"conditions": {"internal": True}, "evid_policy": "all"}})

    assert isinstance(config.make_tests, MakeTests)
    assert config.make_tests.filter is not None
    assert config.make_tests.filter.evid_policy == "all"
    assert parse(make_tests=True).make_tests is True


def test_resource_classes_by_stage() -> None:
    config = parse(batch={"resource_class": {"tests": "large"}})

    assert config.batch.resource_class == {Stage.TESTS: ResourceClass.LARGE}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"search_terms": None}, "search_terms"),
        ({"search_terms": {"name": "x"}}, "search_terms"),
        ({"run_daily_update": "often"}, "run_daily_update"),
        ({"run_daily_tests": "often"}, "run_daily_tests"),
        ({"run_daily_tests": ["x"]}, "run_daily_tests"),
        ({"make_tests": "often"}, "make_tests"),
        ({"query": {"dynamic": {"use_kappa": "often"}}}, "query.dynamic.use_kappa"),
        ({"assembly": [{"functoin": "x"}]}, "assembly.main.0.function"),
        ({"assembly": [{"function": "x", "kwarg": {}}]}, "assembly.main.0.kwarg"),
        ({"assembly": {"main": [], "dynamics": []}}, "assembly.dynamics"),
        ({"test": {"mc_types": ["petri"]}}, "test.mc_types.0"),
        ({"test": {"mc_types": []}}, "test.mc_types"),
        ({"test": {"test_corpus": 5}}, "test.test_corpus"),
        ({"test": {"test_connector": "exact"}}, "test.test_connector"),
        (
            {"test": {"statement_checking": {"pysb": {"max_paths": -1}}}},
            "test.statement_checking.pysb.max_paths",
        ),
        ({"reading": {"reader": ["a", "b"], "literature_source": ["c"]}}, "reading"),
        ({"reading": {"filter": {"evid_policy": "some"}}}, "reading.filter.evid_policy"),
        ({"batch": {"resource_class": {"testing": "large"}}}, "batch.resource_class.testing"),
        ({"batch": {"resource_class": {"tests": "huge"}}}, "batch.resource_class.tests"),
    ],
)
def test_a_bad_field_is_named_with_model_and_key(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ModelConfigError) as caught:
        parse(**fields)
    message = str(caught.value)
    assert "model 'rasmodel'" in message
    assert "models/rasmodel/config.json" in message
    assert f"field {field}" in message


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({"assembly": [{"functoin": "x", "function": "y"}]}, "function"),
        ({"assembly": {"main": [], "dynamics": []}}, "dynamic"),
        ({"batch": {"resource_clas": {}}}, "resource_class"),
    ],
)
def test_a_misspelt_field_that_is_refused_is_named_with_the_nearest(
    fields: dict[str, Any], meant: str
) -> None:
    with pytest.raises(ModelConfigError, match=rf"did you mean {meant}\?"):
        parse(**fields)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "holds a list"),
        (b"null", "holds a NoneType"),
        (b"{}", "field search_terms: Field required"),
    ],
)
def test_what_is_no_config_is_refused(content: bytes, fault: str) -> None:
    with pytest.raises(ModelConfigError, match=fault):
        parse_model_config("rasmodel", content)


def test_a_fault_shows_little_of_a_large_value() -> None:
    with pytest.raises(ModelConfigError) as caught:
        parse(run_daily_update="x" * 10_000)
    assert len(str(caught.value)) < 500


@given(json_values)
def test_any_json_is_a_config_or_bad_input(document: Any) -> None:
    try:
        config = parse_model_config("rasmodel", json.dumps(document))
    except ModelConfigError:
        return
    lost = config.left_out_of("search term")
    assert len(config.search_terms) + len(lost) <= len(document["search_terms"])
    assert lost or len(config.search_terms) == len(document["search_terms"])
    assert all(isinstance(note, str) for note in config.notes)


@given(st.sampled_from(sorted(COVID19)), json_values)
def test_a_value_of_a_known_field_is_taken_or_the_fault_names_it(field: str, value: Any) -> None:
    faults = []
    try:
        config = parse_model_config("covid19", json.dumps({**COVID19, field: value}))
        faults = [part.reason for part in config.left_out]
    except ModelConfigError as error:
        faults = [str(error)]
    assert all(f"field {field}" in fault for fault in faults)


def test_message_names_the_first_faults_and_counts_the_others() -> None:
    steps = [{"type": 1, "name": "x" * 100_000, "odd" * 50_000: 1} for _ in range(500)]

    with pytest.raises(ModelConfigError) as caught:
        parse_model_config("m", json.dumps({"search_terms": [], "assembly": steps}))

    message = str(caught.value)
    assert len(message) < 10_000
    assert message.count("field assembly.main.") == 20
    assert message.endswith("; and 1980 more")


@pytest.mark.parametrize("depth", [101, 900, 100_000])
def test_deep_config_is_bad_input(depth: int) -> None:
    for content in ("[" * depth + "]" * depth, '{"search_terms": ' + "[" * depth):
        with pytest.raises(ModelConfigError, match="is not JSON: "):
            parse_model_config("m", content)
