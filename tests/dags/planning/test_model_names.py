"""Models and corpora may be called by the names that people know; a wrong one gets suggestions."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.planning.model_names import named_corpora, named_models
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.s3_layout import config_key, corpus_stats_key
from tests.dags.bucket_store import NEW, OLD, Store
from tests.dags.world import World

CORPORA = ["ras_tests", "ras_tests_2", "melanoma_drug_tests"]


def put_model(store: Store, model: str, **config: Any) -> None:
    store.put(config_key(model), body=json.dumps({"search_terms": [], **config}).encode())


@pytest.fixture
def store(aws: str) -> Store:
    store = Store(aws)
    put_model(store, "rasmachine", human_readable_name="Ras Machine 2.0")
    put_model(store, "rasmodel", human_readable_name="Ras Model")
    put_model(store, "skcm", human_readable_name="Melanoma (SKCM)", test={"test_corpus": CORPORA})
    store.put(config_key("broken"), body=b"{")
    return store


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("rasmodel", "rasmodel"),
        ("Ras Model", "rasmodel"),
        ("  ras   MODEL ", "rasmodel"),
        ("Ras Machine 2.0", "rasmachine"),
        ("Melanoma (SKCM)", "skcm"),
        ("broken", "broken"),
    ],
)
def test_a_model_has_two_names(store: Store, name: str, model: str) -> None:
    assert named_models(store.reader, [name]) == [model]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rasmachin", "'rasmachine'"),
        ("RasMachine", "'rasmachine'"),
        ("ras", "'rasmachine' or 'Ras Machine 2.0' or 'Ras Model'"),
        ("melanoma", "'Melanoma (SKCM)'"),
        ("Ras Machine", "'Ras Machine 2.0'"),
    ],
)
def test_a_wrong_model_is_answered_with_suggestions(store: Store, name: str, hint: str) -> None:
    with pytest.raises(InputError, match="no such model") as raised:
        named_models(store.reader, ["skcm", name])
    message = str(raised.value)
    assert f"no such model: {name!r}; did you mean " in message
    assert hint.split("'")[1] in message.split("?")[0]
    assert "has broken, rasmachine, rasmodel, skcm" in message


class Known:
    """A bucket that is known to hold models with titles, and no more."""

    bucket = "emmaa"

    def __init__(self, titles: dict[str, str]) -> None:
        self._titles = titles

    def models(self) -> list[str]:
        return sorted(self._titles)

    def config(self, model: str) -> ModelConfig:
        document = {"search_terms": [], "human_readable_name": self._titles[model]}
        return parse_model_config(model, json.dumps(document).encode())


def among(titles: dict[str, str], *names: str) -> list[str]:
    return named_models(cast(BucketReader, Known(titles)), names)


@pytest.mark.parametrize(
    "name",
    [
        *("  nf", "nf\t", "nf\r", "NEUROFIBROMATOSE\u00a0\u00c9T\u00c9"),
        *("Neurofibromatose \u00e9t\u00e9", "neurofibromatose  e\u0301te\u0301"),
        "\uff2e\uff45urofibromatose \u00e9t\u00e9\n",
    ],
)
def test_white_space_and_the_way_characters_are_written_do_not_count(name: str) -> None:
    titles = {"nf": "Neurofibromatose \u00e9t\u00e9", "nf2": "Another"}
    assert among(titles, name) == ["nf"]


def test_a_thousand_models_named_twice_and_out_of_order_are_each_run_once() -> None:
    titles = {f"model{number:04}": f"Model {number}" for number in range(1000)}
    names = [*reversed(titles), *titles.values()]
    assert among(titles, *names) == sorted(titles)


@pytest.mark.parametrize(
    "name", ["x" * 100_000, "model0001" * 1000, "\ud800", "\x00", "['nf']", " "]
)
def test_a_name_that_was_not_meant_as_one_gets_a_message_that_can_be_read(name: str) -> None:
    titles = {f"model{number:04}": "y" * 500 for number in range(100)}
    with pytest.raises(InputError, match="no such model") as raised:
        among(titles, name)
    message = str(raised.value)
    assert len(message) < 1000
    assert message.encode().isascii() or "…" in message


@given(name=st.text(max_size=200))
def test_any_other_name_is_refused_and_never_another_model(name: str) -> None:
    written = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    if written in ("nf", "neuro", "rasmodel", "ras model"):
        return
    with pytest.raises(InputError) as raised:
        among({"nf": "Neuro", "rasmodel": "Ras Model"}, name)
    assert len(str(raised.value)) < 1000


def test_a_name_like_none_has_no_suggestion(store: Store) -> None:
    with pytest.raises(InputError, match="no such model: 'xyz'; s3://"):
        named_models(store.reader, ["xyz"])


def test_a_folder_wins_over_a_title_and_an_ambiguous_title_is_refused(store: Store) -> None:
    put_model(store, "alias", human_readable_name="rasmodel")
    assert named_models(store.reader, ["rasmodel"]) == ["rasmodel"]
    put_model(store, "twin", human_readable_name="Ras Model")
    with pytest.raises(InputError, match="more than one model: choose rasmodel, twin"):
        named_models(store.reader, ["Ras Model"])


@pytest.mark.parametrize("title", [5, True, ["Ras"], {"a": 1}, "\ud800", "x" * 10_000])
def test_an_odd_title_of_one_model_hides_no_other(store: Store, title: Any) -> None:
    put_model(store, "odd", human_readable_name=title)
    assert named_models(store.reader, ["Ras Model"]) == ["rasmodel"]
    with pytest.raises(InputError, match="no such model: 'odder'; did you mean 'odd'"):
        named_models(store.reader, ["odder"])


def corpora(store: Store, *names: str) -> list[str]:
    return named_corpora(store.reader, store.reader.config("skcm"), "skcm", names)


def test_a_corpus_has_the_name_of_its_newest_statistics_too(store: Store) -> None:
    for date, title in ((OLD, "Old name"), (NEW, "Ras textbook")):
        body = json.dumps({"test_round_summary": {"test_data": {"name": title}}}).encode()
        store.put(corpus_stats_key("skcm", "ras_tests", date), body=body)
    store.put(corpus_stats_key("skcm", "ras_tests_2", NEW), body=b"[1")
    assert corpora(store, "ras textbook", "melanoma_drug_tests") == [
        "ras_tests",
        "melanoma_drug_tests",
    ]
    with pytest.raises(InputError, match="no such test corpus: 'Old name'"):
        corpora(store, "Old name")


def test_a_wrong_corpus_is_answered_with_suggestions(store: Store) -> None:
    with pytest.raises(InputError, match="no such test corpus: 'melanoma_tests'; did you mean"):
        corpora(store, "melanoma_tests")


def test_runs_take_the_names_that_people_know(world: World) -> None:
    world.put_model("marm", human_readable_name="MAPK Melanoma", test={"test_corpus": []})
    world.put_model_file("marm")
    world.put_manager("marm")
    (assembly,) = world.run("emmaa_mm_update", model="mapk melanoma").jobs
    assert "--model marm" in assembly.script
    run = world.run("emmaa_after_update", model="MAPK Melanoma", stages=["model_stats"])
    assert "--model marm" in run.job("run_model_stats").script
    wrong = world.run("emmaa_after_update", model="mamr")
    assert "did you mean 'marm'?" in wrong.notes["plan"]
