"""A small model of textbook Ras/MAPK signalling, and what must and must not follow from it."""

from __future__ import annotations

from typing import Any

from indra.statements import (
    Activation,
    ActivityCondition,
    Agent,
    Complex,
    DecreaseAmount,
    Dephosphorylation,
    Evidence,
    IncreaseAmount,
    Inhibition,
    Phosphorylation,
    Statement,
)

from emmaa_cycle.model_config import ModelConfig

HGNC = {
    "EGF": "3229", "EGFR": "3236", "GRB2": "4566", "SOS1": "11187", "KRAS": "6407",
    "BRAF": "1097", "RAF1": "9829", "MAP2K1": "6840", "MAPK1": "6871", "MAPK3": "6877",
    "DUSP6": "3072", "ELK1": "3321", "EGR1": "3238", "TP53": "11998", "CBL": "1541",
}  # fmt: skip
CHEBI = {"vemurafenib": "CHEBI:63637"}


def agent(name: str, **state: Any) -> Agent:
    """Return a grounded agent: a human gene, a chemical, or a FamPlex family or complex."""
    if name in HGNC:
        return Agent(name, db_refs={"HGNC": HGNC[name], "TEXT": name}, **state)
    if name in CHEBI:
        return Agent(name, db_refs={"CHEBI": CHEBI[name], "TEXT": name}, **state)
    return Agent(name, db_refs={"FPLX": name, "TEXT": name}, **state)


def with_evidence(stmt: Statement, *, internal: bool = True, source: str = "reach") -> Statement:
    """Give a statement one made-up evidence."""
    emmaa = {"search_terms": [], "metadata": {"internal": internal}}
    names = " and ".join(agent.name for agent in stmt.real_agent_list())
    text = f"A made-up {type(stmt).__name__} of {names}."
    stmt.evidence = [Evidence(source_api=source, text=text, annotations={"emmaa": emmaa})]
    return stmt


def ras_statements() -> list[Statement]:
    """EGF to EGR1 by way of the MAPK cascade, with negative regulators.

    Subjects have the activity that the statement before them gives, which PySB needs to see
    one activation lead to the next.
    """
    active = {"activity": ActivityCondition("activity", True)}
    statements = [
        Activation(agent("EGF"), agent("EGFR")),
        Activation(agent("EGFR", **active), agent("SOS1")),
        Activation(agent("SOS1", **active), agent("KRAS")),
        Activation(agent("KRAS", **active), agent("BRAF")),
        Activation(agent("BRAF", **active), agent("MAP2K1")),
        Phosphorylation(agent("BRAF", **active), agent("MAP2K1"), "S", "218"),
        Activation(agent("MAP2K1", **active), agent("MAPK1")),
        Activation(agent("MAPK1", **active), agent("ELK1")),
        IncreaseAmount(agent("ELK1", **active), agent("EGR1")),
        Complex([agent("EGFR"), agent("GRB2")]),
        Complex([agent("GRB2"), agent("SOS1")]),
        Inhibition(agent("vemurafenib"), agent("BRAF")),
        Dephosphorylation(agent("DUSP6"), agent("MAPK1"), "T", "185"),
        DecreaseAmount(agent("CBL"), agent("EGFR")),
    ]
    return [with_evidence(each) for each in statements]


def config(**test: Any) -> ModelConfig:
    """Return a config with this ``test`` section."""
    return ModelConfig.model_validate({"search_terms": [], "test": test})
