"""Tests of statements that a model type cannot express: only that type loses them."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import (
    Activation,
    ActiveForm,
    ActivityCondition,
    Agent,
    BoundCondition,
    Complex,
    Evidence,
    Inhibition,
    ModCondition,
    MutCondition,
    Phosphorylation,
    Statement,
    Translocation,
)

from emmaa_jobs.model_types import AssembledModel, assemble
from emmaa_jobs.model_types.inexpressible import build_expressible
from emmaa_jobs.model_types.pysb_names import MAX_FORMS, MAX_MEMBERS
from tests.jobs.known_biology import agent, config, ras_statements, with_evidence

ALL = ("pysb", "pybel", "signed_graph", "unsigned_graph", "dynamic")
PYSB = ("pysb", "dynamic")
BRAF = agent("BRAF")


def named(name: str, **state: Any) -> Agent:
    """Return an agent without grounding."""
    return Agent(name, db_refs={"TEXT": name}, **state)


def activity(name: str) -> ActivityCondition:
    return ActivityCondition(name, True)


#: A bad statement, the model types that cannot express it, and a part of the reason.
BAD: dict[str, tuple[Statement, tuple[str, ...], str]] = {
    "greek name": (Activation(named("β"), BRAF), PYSB, "'β' has no ASCII letter or digit"),
    "greek member": (Complex([named("β"), BRAF]), PYSB, "'β' has no ASCII letter or digit"),
    "greek bound": (
        Activation(named("X", bound_conditions=[BoundCondition(named("β"))]), BRAF),
        PYSB,
        "'β' has no ASCII letter or digit",
    ),
    "no name": (Activation(named(""), BRAF), ("pybel", *PYSB), ""),
    "bionetgen": (Activation(named("beginning"), BRAF), PYSB, "BioNetGen reserves"),
    "rate": (Activation(named("kf_bm_act_1"), BRAF), PYSB, "how INDRA names rate constants"),
    "amount": (Activation(named("KRAS_0"), BRAF), PYSB, "the amount of KRAS"),
    "position": (Phosphorylation(BRAF, agent("MAPK1"), "S", "12-13"), ("pybel", *PYSB), "12-13"),
    "number": (
        Phosphorylation(BRAF, agent("MAPK1"), "S", "1e5"),
        ("pybel",),
        "PyBEL cannot express it: '1e5' is not a number",
    ),
    "mutation": (
        Activation(named("X", mutations=[MutCondition("600-601", "V", "E")]), BRAF),
        PYSB,
        "600-601",
    ),
    "ligase": (
        Activation(agent("KRAS"), BRAF, "ligase"),
        ("pybel",),
        "it has no term for 'ligase'",
    ),
    "odd activity": (Activation(agent("KRAS"), BRAF, "two words"), ("pybel", *PYSB), "two words"),
    "gene": (
        Activation(Agent("NEWGENE1", db_refs={"HGNC": "59999"}), BRAF),
        ("pybel",),
        "no symbol for HGNC:59999",
    ),
    "members": (
        Complex([named(f"X{number}") for number in range(MAX_MEMBERS + 1)]),
        PYSB,
        f"{MAX_MEMBERS + 1} members",
    ),
}


def good(model: AssembledModel) -> set[int]:
    return {statement.get_hash() for statement in model.statements}


@pytest.mark.parametrize("mc_type", ALL)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_statement_is_left_out_of_the_types_that_cannot_express_it(
    mc_type: str, kind: str
) -> None:
    bad, where, reason = BAD[kind]
    statements = [*ras_statements(), with_evidence(bad)]

    model = assemble(mc_type, statements, config())

    assert [found.statement is bad for found in model.left_out] == [True] * (mc_type in where)
    assert all(reason in found.reason for found in model.left_out)
    assert {each.get_hash() for each in ras_statements()} <= good(model)


@pytest.mark.parametrize("mc_type", ["pysb", "pybel"])
def test_what_is_left_is_the_model_of_the_good_statements(mc_type: str) -> None:
    bad = [with_evidence(statement) for statement, where, _ in BAD.values() if mc_type in where]
    statements = ras_statements()
    mixed = [*bad[:3], *statements[:5], *bad[3:], *statements[5:]]

    found, expected = (assemble(mc_type, each, config()).model for each in (mixed, statements))

    assert parts(found) == parts(expected)


def parts(model: Any) -> list[str]:
    """Return the parts of a PySB model or a BEL graph, without random ids."""
    if hasattr(model, "rules"):
        return [str(each) for each in model.components]
    ends = [
        f"{source} {data['relation']} {target}" for source, target, data in model.edges(data=True)
    ]
    return [*map(str, model.nodes), *ends]


def pairs(model: AssembledModel) -> dict[str, str]:
    return {str(found.statement): found.reason for found in model.left_out}


def test_two_agents_are_never_one_monomer() -> None:
    statements = [
        with_evidence(Activation(named("A-B"), BRAF)),
        with_evidence(Activation(named("A_B"), agent("MAPK1"))),
        with_evidence(Activation(named("IL-1β"), BRAF)),
        with_evidence(Activation(Agent("IL-1α", db_refs={"HGNC": "5991"}), agent("MAPK1"))),
    ]

    model = assemble("pysb", statements, config())

    assert pairs(model) == {
        "Activation(A-B(), BRAF())": "the names 'A-B' and 'A_B' are both A_B in PySB",
        "Activation(IL-1β(), BRAF())": "the names 'IL-1β' and 'IL-1α' are both IL_1 in PySB",
    }
    assert {m.name for m in model.model.monomers} == {"A_B", "IL_1", "MAPK1"}
    assert assemble("signed_graph", statements, config()).left_out == []


def test_two_names_of_one_entity_stay_one_monomer() -> None:
    refs = {"HGNC": "5991"}
    statements = [
        with_evidence(Activation(Agent("IL-1", db_refs=refs), BRAF)),
        with_evidence(Activation(Agent("IL_1", db_refs=refs), agent("MAPK1"))),
    ]

    model = assemble("pysb", statements, config())

    assert model.left_out == []
    assert {m.name for m in model.model.monomers} == {"BRAF", "IL_1", "MAPK1"}


def test_which_agent_keeps_a_name_does_not_depend_on_the_order() -> None:
    statements = [with_evidence(Activation(named(name), BRAF)) for name in ("A.B", "A-B", "A/B")]

    forward, backward = (
        assemble("pysb", each, config()) for each in (statements, statements[::-1])
    )

    assert pairs(forward) == pairs(backward)
    assert len(forward.left_out) == 2


def test_combinations_of_active_forms_are_limited() -> None:
    forms = [
        with_evidence(
            ActiveForm(
                agent("KRAS", mods=[ModCondition("phosphorylation", "S", str(n))]), "activity", True
            )
        )
        for n in range(1, 12)
    ]
    active = agent("KRAS", activity=activity("activity"))
    several = with_evidence(Complex([active, active, active, BRAF]))

    model = assemble("pysb", [*forms, several], config())

    assert pairs(model) == {
        str(several): f"it stands for {11**3} combinations of active forms, of at most {MAX_FORMS}"
    }


def test_a_source_without_belief_costs_its_statement() -> None:
    odd = Activation(agent("KRAS"), BRAF, evidence=[Evidence(source_api="unheard_of")])

    model = assemble("signed_graph", [*ras_statements(), odd], config())

    assert [found.statement for found in model.left_out] == [odd]
    assert "unheard_of" in model.left_out[0].reason
    assert model.model.has_edge("EGF", "EGFR")


def test_clean_statements_are_assembled_once() -> None:
    calls = []

    build_expressible(ras_statements(), lambda listed: calls.append(len(listed)), "a test")

    assert calls == [14]


def test_a_bad_statement_costs_one_more_assembly_and_one_of_each_statement() -> None:
    statements = ras_statements()
    calls = []

    def build(listed: list[Statement]) -> int:
        calls.append(len(listed))
        if statements[7] in listed:
            raise ValueError("a bad one")
        return len(listed)

    built, left_out = build_expressible(statements, build, "a test")

    assert built == 13
    assert [found.statement for found in left_out] == [statements[7]]
    assert left_out[0].reason == "a test cannot express it: ValueError: a bad one"
    assert calls == [14, 0, *[1] * 14, 13]


@pytest.mark.parametrize("fault", [ImportError("no module"), OSError("no file"), MemoryError()])
def test_a_fault_of_the_machine_is_no_statements(fault: Exception) -> None:
    def build(listed: list[Statement]) -> None:
        raise fault

    with pytest.raises(type(fault)):
        build_expressible(ras_statements(), build, "a test")


def test_a_model_that_fails_without_statements_fails_as_a_whole() -> None:
    def build(listed: list[Statement]) -> None:
        raise ValueError("always")

    with pytest.raises(ValueError, match="always"):
        build_expressible(ras_statements(), build, "a test")


def test_items_name_statements_that_cannot_be_printed() -> None:
    from indra.statements import Gef

    from emmaa_jobs.model_types.inexpressible import Inexpressible

    assert Inexpressible(Gef(None, None), "").item == "without a hash: Gef"
    stated = Inhibition(agent("KRAS"), BRAF)
    assert Inexpressible(stated, "").item == f"{stated.get_hash()} Inhibition(KRAS(), BRAF())"


def test_a_translocation_without_names_costs_itself() -> None:
    odd = with_evidence(Translocation(named("Ω"), None, "nucleus"))

    model = assemble("pysb", [*ras_statements(), odd], config())

    assert [found.statement for found in model.left_out] == [odd]
