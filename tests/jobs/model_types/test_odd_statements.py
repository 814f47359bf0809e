"""Statements of every type, with odd names, states and references, in every model type."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from indra.statements import Statement

from emmaa_jobs.model_types import MODEL_TYPES, AssembledModel, assemble
from emmaa_jobs.rule_models.kappa import running_kappa
from emmaa_jobs.rule_models.languages import kappa_source, pysb_flat_source
from emmaa_jobs.statements.gate import read_raw_statement
from tests.jobs.example_counts import costly
from tests.jobs.known_biology import config, ras_statements
from tests.jobs.odd_statements import accepted_documents

documents = st.lists(accepted_documents(), min_size=1, max_size=4)


@costly(10)
@given(documents)
def test_odd_statements_cost_themselves_alone(found: list[dict[str, Any]]) -> None:
    good = ras_statements()
    odd = [read_raw_statement(each).statement for each in found]

    for mc_type in MODEL_TYPES:
        model = assemble(mc_type, [*good[:7], *odd, *good[7:]], config())

        assert_split(model, good, odd)
        if mc_type == "pysb":
            assert_readable(model)


def assert_split(model: AssembledModel, good: list[Statement], odd: list[Statement]) -> None:
    """Assert that each statement is in the model or left out of it, and each good one in it."""
    kept = [id(each) for each in model.statements]
    gone = [id(each.statement) for each in model.left_out]
    assert sorted([*kept, *gone]) == sorted(map(id, [*good, *odd]))
    assert not {*gone} & {*map(id, good)}
    assert all(each.reason and each.item for each in model.left_out)


def assert_readable(model: AssembledModel) -> None:
    """Assert that Kappa can analyse a PySB model, and that Python can read it."""
    with running_kappa(kappa_source(model.model), 60) as kappa:
        assert "EGF_activates_EGFR_activity" in str(kappa.analyses_influence_map())
    compile(pysb_flat_source(model.model), "pysb_flat", "exec")


@costly(25)
@given(documents)
def test_what_is_left_out_does_not_depend_on_the_order(found: list[dict[str, Any]]) -> None:
    odd = [read_raw_statement(each).statement for each in found]

    for mc_type in ("pysb", "pybel", "signed_graph"):
        forward, backward = (assemble(mc_type, each, config()) for each in (odd, odd[::-1]))

        assert items(forward) == items(backward)


def items(model: AssembledModel) -> list[tuple[str, str]]:
    return sorted((each.item, each.reason) for each in model.left_out)
