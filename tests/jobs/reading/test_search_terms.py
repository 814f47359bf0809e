"""The search terms of a model that a statement is about."""

from __future__ import annotations

import pytest
from indra.statements import Complex, Evidence

from emmaa_cycle.model_config import SearchTerm
from emmaa_jobs.reading.search_terms import matching_terms
from tests.jobs.known_biology import agent
from tests.jobs.reading_inbox import TERMS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("BRAF activates MEK", {"BRAF"}),
        ("braf activates MEK", {"BRAF"}),
        ("BRAF1 activates MEK", set()),
        ("a skin cancer model", {"melanoma"}),
        ("Melanoma cells with (BRAF)", {"BRAF", "melanoma"}),
        ("nothing of the kind", set()),
    ],
)
def test_terms_that_stand_in_the_text(text: str, names: set[str]) -> None:
    statement = Complex([agent("EGF"), agent("EGFR")], evidence=[Evidence("reach", text=text)])
    terms = [SearchTerm.model_validate(term) for term in TERMS]

    assert {term["name"] for term in matching_terms(terms, [statement])} == names


def test_terms_that_name_an_agent() -> None:
    statement = Complex([agent("BRAF"), agent("EGFR")], evidence=[Evidence("reach", text=None)])
    terms = [SearchTerm.model_validate(term) for term in TERMS]

    assert [term["name"] for term in matching_terms(terms, [statement])] == ["BRAF"]
