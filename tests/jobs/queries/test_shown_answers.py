"""Round answers as the EMMAA page shows them, written by the queries job beside the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.overview.query_answers import (
    MAX_ANSWERS,
    MAX_ITEMS,
    QueryAnswer,
    QueryAnswers,
)
from emmaa_cycle.s3_layout import left_out_key, query_answers_key
from emmaa_jobs.queries.answering import Answer
from emmaa_jobs.queries.path_search import PathSearch
from emmaa_jobs.queries.shown_answers import round_answers
from tests.jobs.queries.ras_model import (
    DAY1,
    DAY2,
    MODEL,
    RasModel,
    braf_map2k1,
    open_query,
    path_query,
    ras_statements,
)


def shown(ras_model: RasModel, date: str) -> QueryAnswers:
    return QueryAnswers.of_text(ras_model.bucket.read_bytes(query_answers_key(MODEL, date)))


def test_answers_are_written_with_their_news_and_without_their_readers(
    ras_model: RasModel,
) -> None:
    ras_model.subscribe(open_query("MAPK1", "Inhibition", "object"))
    ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras = ras_statements()
    for date, statements in ((DAY1, ras), (DAY2, [*ras, braf_map2k1()])):
        ras_model.write_round(date, statements)
        ras_model.answer(date)
    first, second = shown(ras_model, DAY1), shown(ras_model, DAY2)
    assert not [item for each in first.answers for item in each.items if item.is_new]
    path, search = second.answers  # that with news first
    assert (path.query, path.model_type) == ("EGF activates MAPK1.", "signed_graph")
    assert [item.text for item in path.items if item.is_new] == [
        "EGF → EGFR → SOS1 → KRAS → BRAF → MAP2K1 → MAPK1"
    ]
    assert [item.is_new for item in path.items] == [True, False]
    assert (search.query, search.items[0].text) == ("What inhibits MAPK1?", "DUSP6 ⊣ MAPK1")
    assert "example.org" not in second.to_text()


def test_answers_that_cannot_be_written_cost_themselves(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements())
    call = BaseClient._make_api_call

    def refuse(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "PutObject" and parameters["Key"].startswith("query_answers/"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    line = ras_model.answer(DAY1)
    assert line.startswith(f"round {DAY1}: 1 queries answered, 1 answers, 0 with news; ")
    assert "not done: answers for the page (ClientError: " in line
    assert [row.round_date for row in ras_model.results(query)] == [DAY1]
    listed = parse_left_out(ras_model.bucket.read_json(left_out_key(MODEL, "queries", DAY1)))
    (item,) = listed.items
    assert (item.kind, item.where) == ("service", query_answers_key(MODEL, DAY1))


def test_a_query_without_an_answer_says_why(
    ras_model: RasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(PathSearch, "answer", failing)
    ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements())
    ras_model.answer(DAY1)
    (answer,) = shown(ras_model, DAY1).answers
    assert "a bug" in answer.reason
    assert [item.text for item in answer.items] == ["Statement type not handled"]


@dataclass(frozen=True)
class AnyQuery:
    words: str
    qtype: str = "path_property"

    def text(self) -> str:
        return self.words


texts = st.text(max_size=400)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["path", "result", "sat_rate", "num_sim", "fig_path", "kpat"])
responses = st.dictionaries(
    texts, json_values | st.dictionaries(fields, json_values), max_size=2 * MAX_ITEMS
)


@given(st.lists(st.tuples(texts, responses, st.lists(texts, max_size=3)), max_size=5))
def test_whatever_an_answer_is_it_can_be_shown(
    found: list[tuple[str, dict[str, Any], list[str]]],
) -> None:
    answers: list[Any] = [
        (Answer(AnyQuery(words), "pysb", response), new)  # type: ignore[arg-type]
        for words, response, new in found
    ]
    written = round_answers("emmaa", MODEL, DAY1, answers)
    read = QueryAnswers.of_text(written.to_text().encode())
    assert read == written
    most = sorted(len(response) for _, response, _ in found)
    assert [a <= b for a, b in zip(sorted(map(size, read.answers)), most, strict=True)] == (
        [True] * len(found)
    )
    for each in read.answers:
        assert len(each.items) <= MAX_ITEMS
        assert len({item.text for item in each.items}) == len(each.items)


def size(answer: QueryAnswer) -> int:
    return len(answer.items) + answer.more


def test_paths_that_look_the_same_are_one_and_new_if_one_of_them_is() -> None:
    paths = {"1": {"path": "A → B"}, "2": {"path": "A → B"}, "3": {"path": "A → C"}}
    answers: list[Any] = [(Answer(AnyQuery("A acts on B."), "pybel", paths), ["2"])]  # type: ignore[arg-type]
    (answer,) = round_answers("emmaa", MODEL, DAY1, answers).answers
    assert [(item.text, item.is_new) for item in answer.items] == [
        ("A → B", True),
        ("A → C", False),
    ]


def test_a_plot_in_the_bucket_is_shown_by_its_key() -> None:
    plot = "https://emmaa.s3.amazonaws.com/query_images/rasmodel/MAPK1.png"
    items = {"1": {"result": "yes_increase", "fig_path": plot}, "2": {"result": "no_change"}}
    query: Any = AnyQuery("A increases B.")
    (answer,) = round_answers("emmaa", MODEL, DAY1, [(Answer(query, "pysb", items), [])]).answers
    assert [item.plot for item in answer.items] == ["query_images/rasmodel/MAPK1.png", ""]


def test_an_object_has_no_more_than_so_many_answers() -> None:
    query: Any = AnyQuery("A activates B.")
    many = [(Answer(query, "pysb", {"1": "no"}), ()) for _ in range(MAX_ANSWERS + 3)]
    document = round_answers("emmaa", MODEL, DAY1, many)
    assert (len(document.answers), document.more) == (MAX_ANSWERS, 3)
