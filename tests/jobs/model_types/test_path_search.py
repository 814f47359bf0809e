"""Tests of the path search: direct edges, filters, loops, order."""

from __future__ import annotations

import pytest
from indra.statements import Activation, Agent, Inhibition, Statement

from emmaa_jobs.model_testing.filters import filter_chem_mesh_go, filter_to_internal_edges
from emmaa_jobs.model_types import AssembledModel, assemble
from emmaa_jobs.model_types.path_result import PathResult
from tests.jobs.known_biology import agent, config, with_evidence


def model(*pairs: str, mc_type: str = "signed_graph") -> AssembledModel:
    """Activations written ``BRAF>MAP2K1``, inhibitions ``BRAF-MAP2K1``; ``?`` is not internal."""
    statements: list[Statement] = []
    for pair in pairs:
        kind = Activation if ">" in pair else Inhibition
        subject, target = pair.rstrip("?").replace("-", ">").split(">")
        statement = kind(agent(subject), agent(target))
        statements.append(with_evidence(statement, internal=not pair.endswith("?")))
    return assemble(mc_type, statements, config())


def check(
    assembled: AssembledModel, subject: str, target: str, *, inhibits: bool = False, **how: object
) -> PathResult:
    test = (Inhibition if inhibits else Activation)(agent(subject), agent(target))
    checker = assembled.checker([test])
    return checker.check_statement(test, 5, 5, **how)  # type: ignore[arg-type]


def names(result: PathResult) -> list[list[str]]:
    return [[node[0] for node in path if len(node) == 2] for path in result.paths]


def test_a_single_edge_is_an_explanation_unless_the_config_says_no() -> None:
    direct = model("BRAF>MAP2K1")
    assert check(direct, "BRAF", "MAP2K1").path_found
    refused = check(direct, "BRAF", "MAP2K1", allow_direct=False)
    assert (refused.path_found, refused.result_code) == (False, "NO_PATHS_FOUND")


def test_without_direct_edges_the_way_around_is_found() -> None:
    around = model("BRAF>MAP2K1", "BRAF>RAF1", "RAF1>MAP2K1")
    assert names(check(around, "BRAF", "MAP2K1")) == [["BRAF", "MAP2K1"]]
    result = check(around, "BRAF", "MAP2K1", allow_direct=False)
    assert names(result) == [["BRAF", "RAF1", "MAP2K1"]]
    assert [metric.length for metric in result.path_metrics] == [2]


def test_each_source_is_reported_once_with_its_shortest_walk() -> None:
    """A hub has thousands of ways, which say nothing more."""
    hub = model(*(f"{first}>{last}" for name in "ABCDEFG" for first, last in [
        ("BRAF", f"GENE{name}"), (f"GENE{name}", "MAP2K1"), ("MAP2K1", "BRAF"),
    ]))  # fmt: skip
    result = check(hub, "BRAF", "MAP2K1")
    assert [(metric.source_node, metric.length) for metric in result.path_metrics] == [
        (("BRAF", 0), 2)
    ]
    assert len(result.paths) == 5


def test_a_way_back_over_the_source_is_no_way_around() -> None:
    back = model("BRAF>MAP2K1", "BRAF>RAF1", "RAF1>BRAF")
    assert not check(back, "BRAF", "MAP2K1", allow_direct=False).path_found


def test_direct_edges_of_all_members_of_a_family_are_refused() -> None:
    members = model("BRAF>MAP2K1", "RAF1>MAP2K1")
    assert check(members, "RAF", "MAP2K1").path_found
    assert not check(members, "RAF", "MAP2K1", allow_direct=False).path_found


def test_the_node_filter_is_for_inner_nodes_alone() -> None:
    drug = model("BRAF>vemurafenib", "vemurafenib>MAPK1", "vemurafenib>MAPK3")
    plain = drug.checker([])
    nodes = plain.update_filter_func(filter_chem_mesh_go)
    assert check(drug, "BRAF", "MAPK1").path_found
    assert not check(drug, "BRAF", "MAPK1", node_filter_func=nodes).path_found
    assert check(drug, "BRAF", "vemurafenib", node_filter_func=nodes).path_found
    assert check(drug, "vemurafenib", "MAPK1", node_filter_func=nodes).path_found
    assert check(drug, "vemurafenib", "ERK", node_filter_func=nodes).path_found


def test_filtered_targets_are_found_though_there_are_several() -> None:
    mesh = Agent("a disease", db_refs={"MESH": "D000001", "TEXT": "a disease"})
    statements = [
        with_evidence(Activation(agent("BRAF"), mesh)),
        with_evidence(Activation(mesh, agent("BRAF"))),
    ]
    assembled = assemble("signed_graph", statements, config())
    test = Activation(mesh, mesh)
    checker = assembled.checker([test])
    nodes = checker.update_filter_func(filter_chem_mesh_go)
    assert checker.check_statement(test, node_filter_func=nodes).path_found


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph"])
def test_the_edge_filter_keeps_internal_edges(mc_type: str) -> None:
    mixed = model("BRAF>MAP2K1", "MAP2K1>MAPK1?", "BRAF>MAPK3", mc_type=mc_type)
    test = Activation(agent("BRAF"), agent("MAPK1"))
    assert mixed.checker([test]).check_statement(test).path_found
    filtered = mixed.checker([test], filter_to_internal_edges)
    assert filtered.check_statement(test).result_code == "NO_PATHS_FOUND"
    assert filtered.check_statement(Activation(agent("BRAF"), agent("MAPK3"))).path_found


def test_a_loop_explains_a_node_by_itself() -> None:
    loop = model("BRAF>MAP2K1", "MAP2K1>MAPK1", "MAPK1>BRAF")
    result = check(loop, "BRAF", "BRAF")
    assert names(result) == [["BRAF", "MAP2K1", "MAPK1", "BRAF"]]
    assert [metric.length for metric in result.path_metrics] == [3]
    assert not check(loop, "BRAF", "BRAF", inhibits=True).path_found


def test_a_negative_loop() -> None:
    loop = model("BRAF>MAPK1", "MAPK1-BRAF")
    assert names(check(loop, "BRAF", "BRAF", inhibits=True)) == [["BRAF", "MAPK1", "BRAF"]]


def test_a_member_explains_its_family_by_another_member_or_by_a_way_back() -> None:
    siblings = model("MAPK1>BRAF", "BRAF>MAPK1", "BRAF>MAPK3")
    assert names(check(siblings, "MAPK1", "ERK")) == [["MAPK1", "BRAF", "MAPK3"]]
    alone = model("MAPK1>BRAF", "BRAF>MAPK1", "MAP2K1>MAPK3")
    assert names(check(alone, "MAPK1", "ERK")) == [["MAPK1", "BRAF", "MAPK1"]]


def test_all_shortest_paths_are_reported_in_the_order_of_names() -> None:
    several = model(
        "EGF>RAF1", "EGF>BRAF", "EGF>KRAS", "RAF1>MAPK1", "BRAF>MAPK1", "KRAS>TP53", "TP53>MAPK1"
    )
    assert names(check(several, "EGF", "MAPK1")) == [
        ["EGF", "BRAF", "MAPK1"],
        ["EGF", "RAF1", "MAPK1"],
    ]


def test_no_paths_are_wanted() -> None:
    test = Activation(agent("BRAF"), agent("MAP2K1"))
    result = model("BRAF>MAP2K1").checker([test]).check_statement(test, max_paths=0)
    assert (result.path_found, result.result_code, result.paths) == (True, "MAX_PATHS_ZERO", [])


def test_subject_and_object_must_be_in_the_model() -> None:
    small = model("BRAF>MAP2K1")
    assert check(small, "EGF", "MAP2K1").result_code == "SUBJECT_NOT_FOUND"
    assert check(small, "BRAF", "TP53").result_code == "OBJECT_NOT_FOUND"
    # Nothing inhibits MAP2K1, so the graph has no node for its loss.
    assert check(small, "BRAF", "MAP2K1", inhibits=True).result_code == "OBJECT_NOT_FOUND"
