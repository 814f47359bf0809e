"""Open searches in a textbook Ras model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_jobs.queries.open_search import OpenSearch
from emmaa_jobs.queries.open_search_query import OpenSearchQuery
from tests.jobs.known_biology import agent, config
from tests.jobs.queries.ras_model import RasModel, open_query, ras_statements

DAY1 = "2026-03-01-17-00-00"


@pytest.fixture
def ask(ras_model: RasModel) -> Any:
    """Ask one open search of one model type and return the paths, or texts, in order."""

    def answer(
        mc_type: str, *query: str, limits: dict[str, int] | None = None, **more: Any
    ) -> list[str]:
        asked = {"open_search": limits or {}}
        ras_model.write_round(DAY1, ras_statements(), [mc_type], query=asked)
        number = ras_model.subscribe(open_query(*query, **more))
        ras_model.answer()
        result = ras_model.database.latest_result(number, mc_type)
        assert result is not None
        items = result.result_json.values()
        return sorted(item if isinstance(item, str) else item["path"] for item in items)

    return answer


DOWNSTREAM = [
    "KRAS → BRAF",
    "KRAS → RAF1",
    "KRAS → RAF1 → MAP2K1",
]


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph"])
def test_what_an_agent_activates(mc_type: str, ask: Any) -> None:
    assert ask(mc_type, "KRAS", "Activation", "subject") == DOWNSTREAM


def test_what_an_agent_activates_in_rules(ask: Any) -> None:
    found = ask("pysb", "KRAS", "Activation", "subject", limits={"max_path_length": 1})
    assert "KRAS → RAF1 → MAP2K1" in found
    assert all(path.startswith("KRAS → ") for path in found)


@pytest.mark.parametrize("mc_type", ["signed_graph", "unsigned_graph"])
def test_what_activates_an_agent(mc_type: str, ask: Any) -> None:
    assert ask(mc_type, "SOS1", "Activation", "object") == ["EGF → EGFR → SOS1", "EGFR → SOS1"]


def test_what_activates_an_agent_in_rules(ask: Any) -> None:
    found = ask("pysb", "SOS1", "Activation", "object")
    assert "EGF → EGFR → SOS1" in found


def test_inhibition_ends_at_negative_nodes(ask: Any) -> None:
    assert ask("signed_graph", "DUSP6", "Inhibition", "subject") == [
        "DUSP6 ⊣ ELK1",
        "DUSP6 ⊣ ELK1 → EGR1",
        "DUSP6 ⊣ MAPK1",
    ]


def test_amounts_are_searched_for_like_activities(ask: Any) -> None:
    assert ask("signed_graph", "ELK1", "IncreaseAmount", "subject") == ["ELK1 → EGR1"]


def test_paths_end_where_the_namespaces_say(ask: Any) -> None:
    chemicals = ask("signed_graph", "BRAF", "Inhibition", "object", terminal_ns=["CHEBI"])
    assert chemicals == ["vemurafenib ⊣ BRAF"]
    assert ask("signed_graph", "BRAF", "Activation", "object", terminal_ns=["mesh"]) == [
        "No paths found that satisfy this query"
    ]


def test_an_end_of_the_model_has_no_paths(ask: Any) -> None:
    nothing = ["No paths found that satisfy this query"]
    assert ask("signed_graph", "EGR1", "Activation", "subject") == nothing


def test_limits_hold(ask: Any) -> None:
    assert len(ask("signed_graph", "KRAS", "Activation", "subject", limits={"max_paths": 2})) == 2
    assert ask("signed_graph", "EGF", "Activation", "subject", limits={"max_paths": 0}) == [
        "Path found but not reconstructed"
    ]


def test_an_unknown_entity_is_not_applicable(ras_model: RasModel) -> None:
    ras_model.write_round(DAY1, ras_statements())
    query = ras_model.subscribe(open_query("TP53", "Activation", "subject"))
    ras_model.answer()
    [row] = ras_model.results(query)
    assert (row.mc_type, list(row.result_json)) == ("", ["2413475507"])


@pytest.mark.parametrize("role", ["subject", "object"])
def test_an_entity_without_a_node_is_told(role: Any) -> None:
    """A checker that accepts a statement and knows no node of its agent."""
    no_nodes = SimpleNamespace(all_nodes=[])
    checker = SimpleNamespace(process_statement=lambda _: (no_nodes, no_nodes, None))
    model = SimpleNamespace(mc_type="signed_graph", checker=lambda _: checker)
    origin = SimpleNamespace(config=config(), explainer=lambda _: None)
    query = OpenSearchQuery(agent("KRAS"), "Activation", role)
    search: Any = OpenSearch(model, [query], origin)  # type: ignore[arg-type]
    assert list(search.answer(query).values()) == ["Node not in model"]
