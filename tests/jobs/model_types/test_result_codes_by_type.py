"""Every result code that a model type's checker can give, reached on textbook biology.

``QUERY_NOT_APPLICABLE`` and ``NODE_NOT_FOUND`` are the queries' own (tests/jobs/queries).
"""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Activation, Complex, Inhibition, Statement

from emmaa_cycle.model_config import PATH_MODEL_TYPES
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.model_types import AssembledModel, assemble
from tests.jobs.known_biology import agent, config, ras_statements

ANSWERS_ALONE = {"QUERY_NOT_APPLICABLE", "NODE_NOT_FOUND"}
FOUND = {"PATHS_FOUND", "MAX_PATH_LENGTH_EXCEEDED", "MAX_PATHS_ZERO"}
GRAPHS = ("signed_graph", "unsigned_graph", "pybel")
EVERY = (*GRAPHS, "pysb")

CASCADE = Activation(agent("EGF"), agent("MAPK1"))
#: Code, model types, what is asked, and limits: paths, length.
CASES: list[tuple[str, tuple[str, ...], Statement, tuple[int, int]]] = [
    ("STATEMENT_TYPE_NOT_HANDLED", EVERY, Complex([agent("EGF"), agent("EGFR")]), (1, 5)),
    ("SUBJECT_NOT_FOUND", GRAPHS, Activation(agent("TP53"), agent("MAPK1")), (1, 5)),
    ("OBJECT_NOT_FOUND", GRAPHS, Activation(agent("EGF"), agent("TP53")), (1, 5)),
    ("SUBJECT_MONOMERS_NOT_FOUND", ("pysb",), Activation(agent("TP53"), agent("MAPK1")), (1, 5)),
    ("OBSERVABLES_NOT_FOUND", ("pysb",), Activation(agent("EGF"), agent("TP53")), (1, 5)),
    ("INPUT_RULES_NOT_FOUND", ("pysb",), Activation(agent("EGR1"), agent("MAPK1")), (1, 5)),
    ("NO_PATHS_FOUND", GRAPHS, Activation(agent("MAPK1"), agent("EGFR")), (1, 5)),
    ("NO_PATHS_FOUND", ("pysb",), Inhibition(agent("EGF"), agent("MAPK1")), (1, 5)),
    ("MAX_PATH_LENGTH_EXCEEDED", EVERY, CASCADE, (1, 2)),
    ("MAX_PATHS_ZERO", EVERY, CASCADE, (0, 9)),
    ("PATHS_FOUND", EVERY, CASCADE, (1, 9)),
]
BY_TYPE = [
    (mc_type, code, test, limits) for code, types, test, limits in CASES for mc_type in types
]


@pytest.fixture(scope="module")
def models() -> dict[str, AssembledModel]:
    return {mc_type: assemble(mc_type, ras_statements(), config()) for mc_type in EVERY}


@pytest.mark.parametrize(("mc_type", "code", "test", "limits"), BY_TYPE)
def test_code(
    models: dict[str, AssembledModel], mc_type: str, code: str, test: Any, limits: tuple[int, int]
) -> None:
    result = models[mc_type].checker([test]).check_statement(test, *limits)
    assert result.result_code == code
    assert result.path_found == (code in FOUND)
    assert bool(result.paths) == (code == "PATHS_FOUND")


def test_all_codes_and_types_are_among_the_cases() -> None:
    assert {code for _, code, _, _ in BY_TYPE} == set(RESULT_TEXT) - ANSWERS_ALONE
    assert set(EVERY) == set(PATH_MODEL_TYPES)
