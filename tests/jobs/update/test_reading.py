"""Sources and readers: what they take, and what they say of what they cannot take."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indra.statements import Activation, Complex, Evidence, Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.model_config import SearchTerm
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.config_file import load_config
from emmaa_jobs.reading.harvest import Harvest, harvest
from emmaa_jobs.reading.indra_json import IndraJson
from emmaa_jobs.reading.interface import BrokenOutputError, Paper, Read, Search, Window
from emmaa_jobs.reading.reach import Reach
from emmaa_jobs.reading.registry import ReadingPair, reading_pairs
from emmaa_jobs.reading.s3_inbox import paper_id_of
from emmaa_jobs.reading.search_terms import matching_terms
from emmaa_jobs.reading.trips import Trips
from infra.local.seed.ekb import write_ekb
from infra.local.seed.facts import parse_fact
from tests.jobs.known_biology import agent, told
from tests.jobs.reading_inbox import (
    DAY,
    MODEL,
    ROUND,
    TERMS,
    config,
    deliver,
    statement_file,
    write_config,
)

WINDOW = Window.upto(date(2026, 3, 2))


def read_all(bucket: Bucket, pairs: list[ReadingPair] | None = None) -> Harvest:
    config_file = load_config(bucket, MODEL)
    return harvest(
        bucket, config_file, pairs or reading_pairs(config_file), WINDOW, parse_round(ROUND)
    )


def activation() -> Statement:
    return told(Activation(agent("MAP2K1"), agent("MAPK1")))


def as_json(*statements: Statement) -> list[dict[str, object]]:
    return [statement.to_json() for statement in statements]


# The inbox


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("inbox/reader/indra_json/demo-0001.json", "in no day folder"),
        ("inbox/reader/indra_json/2026-3-2/demo-0001.json", "name is no day"),
        ("inbox/reader/indra_json/2026-02-31/demo-0001.json", "name is no day"),
        (f"inbox/reader/indra_json/{DAY}/more/demo-0001.json", "holds files, not folders"),
    ],
)
def test_misplaced_files_are_named(bucket: Bucket, key: str, why: str) -> None:
    write_config(bucket, config("indra_json"))
    bucket.write_bytes(key, b"[]", "application/json")

    (broken,) = read_all(bucket).broken

    assert key.startswith(broken.split(":")[0])
    assert why in broken


def test_folder_marks_and_other_models_are_no_papers(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))
    for key in (
        "inbox/reader/indra_json/",
        f"inbox/reader/indra_json/{DAY}/",
        f"inbox/reader_two/indra_json/{DAY}/a.json",
        f"inbox/reader/trips/{DAY}/a.ekb",
    ):
        bucket.write_bytes(key, b"", "text/plain")

    found = read_all(bucket)

    assert (found.papers, found.broken) == (0, [])


@pytest.mark.parametrize(
    ("file_name", "id_type", "paper_id"),
    [
        ("demo-0001.json", "DEMO", "demo-0001"),
        ("S0092-8674(20)30001-1.ekb", "pii", "S0092-8674(20)30001-1"),
        ("10.1101.2020.01.02.ekb", "DOI", "10.1101.2020.01.02"),
        ("plain", "DEMO", "plain"),
        (".json", "DEMO", ".json"),
        ("12345.json", "TRID", 12345),
        ("12345.json", "PMID", "12345"),
    ],
)
def test_paper_id_is_the_files_name(file_name: str, id_type: str, paper_id: object) -> None:
    assert paper_id_of(file_name, id_type) == paper_id


@pytest.mark.parametrize("id_type", ["TRID", "PMID"])
@given(stem=st.text(min_size=1).filter(lambda text: not (text.isascii() and text.isdecimal())))
def test_other_names_are_no_numbers(id_type: str, stem: str) -> None:
    with pytest.raises(BrokenOutputError, match=id_type):
        paper_id_of(f"{stem}.json", id_type)


def test_file_that_cannot_be_of_the_id_type_is_named(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "demo-0001.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    (broken,) = read_all(bucket).broken

    assert "'demo-0001' is no PMID" in broken


def test_pmid_of_the_file_is_the_evidences(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="PMID"))
    deliver(bucket, "101.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    found = read_all(bucket)

    (evidence,) = found.statements[0].stmt.evidence
    assert (evidence.pmid, evidence.text_refs) == ("101", {"PMID": "101"})
    assert found.paper_ids == {"101"}


# Readers


@pytest.mark.parametrize(
    ("reader", "content", "fault"),
    [
        ("trips", b"<ekb><unclosed>", "it is not XML"),
        ("trips", b"", "it is not XML"),
        ("trips", b"<html><body>Service unavailable</body></html>", "<html>, not a TRIPS <ekb>"),
        ("trips", b"<ekb><EVENT/></ekb>", "INDRA cannot process it as Trips output: "),
        ("trips", b"\xff\xfe\x00", "it is not UTF-8 text"),
        ("reach", b"{", "it is not JSON"),
        ("reach", b"[]", "no list events.frames"),
        ("reach", b'{"events": {"frames": []}}', "no list entities.frames"),
        ("indra_json", b"<ekb/>", "it is not JSON"),
        ("indra_json", b"{}", "it holds a JSON dict, not a list"),
        ("indra_json", b"[1]", "item 0: it is a JSON int, not an object"),
    ],
)
def test_broken_output_is_named(bucket: Bucket, reader: str, content: bytes, fault: str) -> None:
    write_config(bucket, config(reader))
    key = deliver(bucket, "demo-0001.x", content, reader)

    (broken,) = read_all(bucket).broken

    assert broken.startswith(f"{key}: ")
    assert fault in broken


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
    (document,) = json.loads(statement_file("demo-0001", [activation()]))
    deliver(bucket, "demo-0001.json", json.dumps([{**document, **changes}]))

    found = read_all(bucket)

    (broken,) = found.broken
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
    documents = json.loads(statement_file("demo-0001", [activation(), activation()]))
    documents[1]["type"] = "Nonsense"
    deliver(bucket, "demo-0001.json", json.dumps(documents))

    found = read_all(bucket)

    assert "item 1" in found.broken[0]
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
    (document,) = as_json(activation())

    (read,) = IndraJson().parse(json.dumps([{**document, "matches_hash": "1", "supports": ["x"]}]))

    assert read.get_hash() == activation().get_hash() != 1
    assert read.supports == []


def test_byte_order_mark_is_no_fault() -> None:
    paper = Paper("a.json", "a", content=lambda: b"\xef\xbb\xbf[]")

    (read,) = IndraJson().read([paper], search=None)  # type: ignore[arg-type]

    assert read.problem is None


def test_document_id_of_trips_is_no_pmid() -> None:
    ekb = write_ekb([parse_fact("BRAF activates MEK")]).decode().replace("<ekb>", '<ekb id="1234">')

    (statement,) = Trips().parse(ekb)

    assert statement.evidence[0].pmid is None
    assert statement.evidence[0].text_refs == {}


def test_output_without_statements_is_normal() -> None:
    assert Trips().parse("<ekb/>") == []
    assert (
        Reach().parse(
            json.dumps({part: {"frames": []} for part in ("events", "entities", "sentences")})
        )
        == []
    )


def test_indra_json_of_several_papers(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json", id_type="TRID"))
    first, second = activation(), activation()
    first.evidence[0].text_refs["TRID"] = 11
    second.evidence[0].text_refs["TRID"] = "7"  # a number as text is the same id
    deliver(bucket, "99.json", json.dumps(as_json(first, second)))

    found = read_all(bucket)

    assert found.paper_ids == {7, 11}
    assert [s.stmt.evidence[0].text_refs["TRID"] for s in found.statements] == [11, 7]


def test_lower_case_id_type_survives_indras_repairs(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="pii"))
    deliver(bucket, "S1234.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    (item,) = read_all(bucket).statements

    assert item.stmt.evidence[0].text_refs == {"pii": "S1234"}
    assert item.stmt.evidence[0].annotations["pii"] == "S1234"  # as the original does


# Other sources and readers


class _SearchedSource:
    """A source that searches, as later ones will."""

    def papers(self, search: Search) -> Iterable[Paper]:
        term = search.config_file.config.search_terms[0].model_dump()
        yield Paper("PMID 5", "5", search_terms=[term])


class _ServiceReader:
    """A reader that asks a service."""

    def read(self, papers: Iterable[Paper], search: Search) -> Iterable[Read]:
        for paper in papers:
            evidence = Evidence(source_api="reach", text="x", pmid=str(paper.paper_id))
            statement = Activation(agent("MAP2K1"), agent("MAPK1"), evidence=[evidence])
            yield Read(paper, [statement])


def test_terms_of_a_source_that_searches_are_kept(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json", id_type="PMID"))

    found = read_all(bucket, [ReadingPair(_SearchedSource(), _ServiceReader(), "service")])

    (item,) = found.statements
    assert [term["name"] for term in item.search_terms] == ["BRAF"]
    assert found.paper_ids == {"5"}


def test_file_reader_needs_files(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))

    found = read_all(bucket, [ReadingPair(_SearchedSource(), Trips(), "trips")])

    assert found.broken == ["PMID 5: Trips reads files, and there is none"]


# Search terms


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("BRAF activates MEK", {"BRAF"}),
        ("braf activates MEK", {"BRAF"}),
        ("BRAF1 activates MEK", set()),
        ("a skin cancer model", {"melanoma"}),
        ("Melanoma cells with (BRAF)", {"BRAF", "melanoma"}),
        ("nothing of the kind", set()),
    ],
)
def test_terms_that_stand_in_the_text(text: str, names: set[str]) -> None:
    statement = Complex([agent("EGF"), agent("EGFR")], evidence=[Evidence("reach", text=text)])
    terms = [SearchTerm.model_validate(term) for term in TERMS]

    assert {term["name"] for term in matching_terms(terms, [statement])} == names


def test_terms_that_name_an_agent() -> None:
    statement = Complex([agent("BRAF"), agent("EGFR")], evidence=[Evidence("reach", text=None)])
    terms = [SearchTerm.model_validate(term) for term in TERMS]

    assert [term["name"] for term in matching_terms(terms, [statement])] == ["BRAF"]
