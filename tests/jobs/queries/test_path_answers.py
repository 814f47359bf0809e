"""Path queries to a textbook Ras model, round after round."""

from __future__ import annotations

from typing import Any

import pytest

from tests.jobs.queries.ras_model import MODEL, RasModel, braf_map2k1, path_query, ras_statements

DAY1, DAY2, DAY3 = (f"2026-03-0{day}-17-00-00" for day in (1, 2, 3))
NO_PATH = "No path found that satisfies the test statement"
CHAIN = "EGF → EGFR → SOS1 → KRAS → RAF1 → MAP2K1 → MAPK1"
# Rules tell states apart: phosphorylated MAPK1 is a refinement of MAPK1.
CHAINS_IN_RULES = [CHAIN, f"{CHAIN} → MAPK1"]


def texts(items: dict[str, Any]) -> list[str]:
    """Return the paths of an answer, or the text in their place."""
    return [item if isinstance(item, str) else item["path"] for item in items.values()]


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph", "pysb"])
def test_egf_leads_to_mapk1_and_not_back(mc_type: str, ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements(), [mc_type])
    forward = ras_model.subscribe(path_query("EGF", "MAPK1"))
    back = ras_model.subscribe(path_query("MAPK1", "EGF"))
    ras_model.answer()
    found = ras_model.database.latest_result(forward, mc_type)
    assert found is not None
    assert sorted(texts(found.result_json)) == (CHAINS_IN_RULES if mc_type == "pysb" else [CHAIN])
    path = next(item for item in found.result_json.values() if item["path"] == CHAIN)
    links, sentences = zip(
        *[(link, text) for edge in path["edge_list"] for link, text, _ in edge["stmts"]],
        strict=True,
    )
    assert sentences[0] == "EGF activates EGFR."
    assert all("model=rasmodel&date=2026-03-01" in link for link in links)
    none = ras_model.database.latest_result(back, mc_type)
    assert none is not None
    assert not any(isinstance(item, dict) for item in none.result_json.values())


def test_a_sign_counts_in_signed_graphs_alone(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements(), ["signed_graph", "unsigned_graph"])
    query = ras_model.subscribe(path_query("EGF", "MAPK1", "Inhibition"))
    ras_model.answer()
    signed = ras_model.database.latest_result(query, "signed_graph")
    unsigned = ras_model.database.latest_result(query, "unsigned_graph")
    assert signed is not None
    assert unsigned is not None
    assert signed.result_json == {"521653329": NO_PATH}
    assert texts(unsigned.result_json) == [CHAIN]


@pytest.mark.parametrize("mc_type", ["signed_graph", "pysb"])
def test_a_new_statement_gives_exactly_the_new_path(mc_type: str, ras_model: RasModel) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements(), [mc_type])
    ras_model.answer()
    first = ras_model.database.latest_result(query, mc_type)
    assert first is not None
    assert first.delta == []
    ras_model.write_round(DAY2, [*ras_statements(), braf_map2k1()], [mc_type])
    assert "1 with news" in ras_model.answer()
    second = ras_model.database.latest_result(query, mc_type)
    assert second is not None
    new = {key: second.result_json[key] for key in second.delta}
    assert len(new) == len(first.result_json)
    assert {path.replace("BRAF", "RAF1") for path in texts(new)} == set(texts(first.result_json))
    assert set(second.result_json) == {*first.result_json, *new}
    assert set(second.all_result_hashes) == {*first.all_result_hashes, *second.delta}


def test_a_second_run_of_a_round_keeps_its_news(ras_model: RasModel) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.write_round(DAY1, ras_statements())
    ras_model.write_round(DAY2, [*ras_statements(), braf_map2k1()])
    for date in (DAY1, DAY2):
        ras_model.answer(date)
    rows = ras_model.results(query)
    assert [row.round_date for row in rows] == [DAY1, DAY2]
    assert len(rows[1].delta) == 1
    ras_model.answer(DAY2)
    assert ras_model.results(query) == rows
    # Neither does a round that is done again after a newer one.
    ras_model.answer(DAY1)
    assert ras_model.results(query) == rows


def test_a_path_that_comes_back_is_no_news(ras_model: RasModel) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras = ras_statements()
    for date, statements in ((DAY1, ras), (DAY2, ras[1:]), (DAY3, ras)):
        ras_model.write_round(date, statements)
        ras_model.answer(date)
    rows = {(row.round_date, row.mc_type): row for row in ras_model.results(query)}
    # Without its first statement EGF is not in the model: the query does not apply to it.
    assert texts(rows[DAY2, ""].result_json) == ["Query is not applicable for this model"]
    assert rows[DAY3, "signed_graph"].delta == []


def test_limits_are_the_documented_defaults_and_may_differ_by_type(ras_model: RasModel) -> None:
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    five_at_most = ras_model.subscribe(path_query("EGFR", "MAPK1"))
    limits = {"statement_checking": {"unsigned_graph": {"max_path_length": 6}}}
    ras_model.write_round(DAY1, ras_statements(), ["signed_graph", "unsigned_graph"], query=limits)
    ras_model.answer()
    answers = {row.mc_type: texts(row.result_json) for row in ras_model.results(query)}
    assert answers == {
        "signed_graph": ["Path found but exceeds search depth"],
        "unsigned_graph": [CHAIN],
    }
    assert [texts(row.result_json) for row in ras_model.results(five_at_most)] == [
        [CHAIN.removeprefix("EGF → ")]
    ] * 2


def test_a_query_to_unknown_agents_needs_no_model(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, [])
    bucket = ras_model.bucket
    bucket.client.delete_object(Bucket=bucket.name, Key=f"assembled/{MODEL}/statements_{DAY1}.gz")
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.answer()
    [row] = ras_model.results(query)
    assert row.mc_type == ""
    assert row.result_json == {"2413475507": "Query is not applicable for this model"}


def test_agents_that_must_be_included_must_be_known_too(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements())
    stranger = {"name": "TP53", "db_refs": {"HGNC": "11998"}}
    query = ras_model.subscribe(
        {**path_query("EGF", "MAPK1"), "entity_constraints": {"include": [stranger]}}
    )
    ras_model.answer()
    assert [row.mc_type for row in ras_model.results(query)] == [""]


def test_a_model_without_paths_answers_no_path_query(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements(), ["dynamic"])
    query = ras_model.subscribe(path_query("EGF", "MAPK1"))
    ras_model.answer()
    [row] = ras_model.results(query)
    assert row.mc_type == ""
    assert texts(row.result_json) == ["Query is not applicable for this model"]
