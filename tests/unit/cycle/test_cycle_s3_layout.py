from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from emmaa_cycle import s3_layout as layout
from emmaa_cycle.errors import InputError
from tests.unit.cycle.strategies import names, rounds

DATE = "2026-03-02-17-04-08"


def test_the_keys_are_those_of_the_original() -> None:
    """docs/reference/s3-layout.md: gzipped JSON where the original has pickles."""
    m, tc = "rasmodel", "large_corpus_tests"
    assert layout.config_key(m) == "models/rasmodel/config.json"
    assert layout.grounding_map_key(m) == "models/rasmodel/grounding_map.json"
    assert layout.model_key(m, DATE) == f"models/rasmodel/model_{DATE}.json.gz"
    assert layout.paper_ids_key(m, DATE) == f"papers/rasmodel/paper_ids_{DATE}.json"
    assert layout.model_manager_key(m, DATE) == f"results/rasmodel/model_manager_{DATE}.json.gz"
    assert layout.results_key(m, tc, DATE) == f"results/rasmodel/results_{tc}_{DATE}.json"
    assert layout.paths_key(m, tc, DATE) == f"paths/rasmodel/paths_{tc}_{DATE}.jsonl"
    assert layout.latest_paths_key(m, tc) == f"paths/rasmodel/{tc}_latest_paths.jsonl"
    assert layout.assembled_key(m, DATE) == f"assembled/rasmodel/statements_{DATE}.gz"
    assert layout.assembled_key(m, DATE, ".jsonl") == f"assembled/rasmodel/statements_{DATE}.jsonl"
    assert layout.latest_assembled_key(m) == "assembled/rasmodel/latest_statements_rasmodel.json"
    assert layout.export_key(m, "sbml", DATE, "sbml") == f"exports/rasmodel/sbml_{DATE}.sbml"
    assert layout.model_stats_key(m, DATE) == f"model_stats/rasmodel/model_stats_{DATE}.json"
    assert layout.corpus_stats_key(m, tc, DATE) == f"stats/rasmodel/test_stats_{tc}_{DATE}.json"
    assert layout.corpus_key(tc) == f"tests/{tc}.json.gz"
    assert layout.corpus_key("rasmodel_tests", DATE) == f"tests/rasmodel_tests_{DATE}.json.gz"
    assert layout.model_tests_corpus(m) == "rasmodel_tests"
    assert layout.inbox_key(m, "trips", "2026-03-02", "demo-1.ekb") == (
        "inbox/rasmodel/trips/2026-03-02/demo-1.ekb"
    )
    assert layout.query_answers_key(m, DATE) == f"query_answers/rasmodel/answers_{DATE}.json"
    image = layout.query_image_key(m, "MAPK1_act_obs", DATE)
    assert image == f"query_images/rasmodel/MAPK1_act_obs_{DATE}.png"
    assert layout.public_url("emmaa", image) == f"https://emmaa.s3.amazonaws.com/{image}"


@given(names, names, rounds)
def test_each_dated_key_is_its_prefix_and_date(model: str, corpus: str, date: str) -> None:
    """So that a prefix lists a folder's rounds in order, and ``StartAfter`` finds the new ones."""
    pairs = [
        (layout.model_prefix(model), layout.model_key(model, date)),
        (layout.paper_ids_prefix(model), layout.paper_ids_key(model, date)),
        (layout.model_manager_prefix(model), layout.model_manager_key(model, date)),
        (layout.results_prefix(model, corpus), layout.results_key(model, corpus, date)),
        (layout.assembled_prefix(model), layout.assembled_key(model, date)),
        (layout.model_stats_prefix(model), layout.model_stats_key(model, date)),
        (layout.corpus_stats_prefix(model, corpus), layout.corpus_stats_key(model, corpus, date)),
        (layout.corpus_prefix(corpus), layout.corpus_key(corpus, date)),
    ]
    for prefix, key in pairs:
        assert key.removeprefix(prefix).startswith(date + ".")


@given(names, names, rounds)
def test_one_model_s_objects_are_never_another_s(model: str, other: str, date: str) -> None:
    for key in (layout.model_key, layout.model_manager_key, layout.model_stats_key):
        assert (key(model, date) == key(other, date)) == (model == other)
    assert layout.model_key(model, date).startswith(layout.model_folder(model))


@pytest.mark.parametrize(
    "make",
    [
        layout.config_key,
        layout.model_prefix,
        layout.results_folder,
        layout.assembled_prefix,
        layout.latest_assembled_key,
        layout.model_stats_prefix,
        layout.paper_ids_prefix,
        layout.corpus_key,
        layout.model_tests_corpus,
        lambda name: layout.inbox_prefix("rasmodel", name),
        lambda name: layout.results_key("rasmodel", name, DATE),
        lambda name: layout.paths_key(name, "corpus", DATE),
        lambda name: layout.latest_paths_key("rasmodel", name),
        lambda name: layout.corpus_stats_prefix("rasmodel", name),
    ],
)
@pytest.mark.parametrize("name", ["", "../other", "a/b", "a\n"])
def test_a_name_that_would_change_the_key_is_refused(make: Callable[[str], str], name: str) -> None:
    with pytest.raises(InputError, match="name"):
        make(name)
