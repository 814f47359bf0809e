"""Dynamic and intervention queries to textbook biology: each pattern, each result word."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Activation, ActivityCondition, Inhibition

from emmaa_cycle.s3_layout import query_image_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.queries import pattern_check
from emmaa_jobs.queries.answering import Answers, answer_queries
from emmaa_jobs.queries.intervention import result_word
from emmaa_jobs.queries.query_types import PathProperty
from emmaa_jobs.queries.round_model import RoundModel
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.model_testing.rounds import save_round
from tests.jobs.queries.simulated_biology import (
    MODEL,
    NOT_APPLICABLE,
    ROUND,
    TESTER,
    active,
    answers,
    dynamic,
    intervention,
    items,
    phosphorylated,
    switch,
    transient_egfr,
)

EGF, MAPK1 = agent("EGF"), active("MAPK1")
VEMURAFENIB = agent("vemurafenib")
LOW = '(:type "no_change" :value (:type "qualitative" :value "low"))'
EVENTUALLY_HIGH = '(:type "eventual_value" :value (:type "qualitative" :value "high"))'


def fnv1a_32(text: str) -> str:
    number = 0x811C9DC5
    for byte in text.encode():
        number = (number ^ byte) * 0x01000193 % 2**32
    return str(number)


def only(found: Answers) -> Any:
    (item,) = items(found)
    return item


#: Pattern, value, whether it holds for MAPK1's activity in the Ras model, for that of EGFR that is
#: degraded, and for the amount of CBL, which nothing acts on.
PATTERNS = [
    ("always_value", "low", False, False, True),
    ("always_value", "high", False, False, False),
    ("no_change", None, False, False, True),
    ("no_change", "low", False, False, True),
    ("eventual_value", "low", False, True, True),
    ("eventual_value", "high", True, False, False),
    ("sometime_value", "low", True, True, True),
    ("sometime_value", "high", True, True, False),
    ("sustained", None, True, False, False),
    ("transient", None, False, True, False),
]


def test_the_cascade_rises_and_stays_high_and_what_nothing_acts_on_stays(bucket: Bucket) -> None:
    entities = (MAPK1, agent("CBL"))
    queries = [dynamic(entity, *row[:2]) for row in PATTERNS for entity in entities]
    rates = [item["sat_rate"] for item in items(answers(bucket, queries))]
    assert rates == [float(holds) for row in PATTERNS for holds in (row[2], row[4])]


def test_a_receptor_that_is_degraded_signals_for_a_while(bucket: Bucket) -> None:
    queries = [dynamic(active("EGFR"), *row[:2]) for row in PATTERNS]
    found = answers(bucket, queries, transient_egfr(), dynamic={"time_limit": 1e6})
    assert [item["sat_rate"] for item in items(found)] == [float(row[3]) for row in PATTERNS]


def test_a_pattern_that_is_not_found_is_answered_with_one_that_is(bucket: Bucket) -> None:
    queries = [
        dynamic(MAPK1, "sustained"),
        dynamic(MAPK1, "always_value", "high"),
        dynamic(agent("CBL"), "transient"),
    ]
    instead = [item["kpat"] for item in items(answers(bucket, queries))]
    assert instead == [None, EVENTUALLY_HIGH, LOW]


def test_the_stored_answer_is_that_of_the_original(bucket: Bucket) -> None:
    found = answers(bucket, [dynamic(MAPK1, "sustained")])
    (answer,) = found.found
    key = query_image_key(MODEL, "MAPK1_act_obs", ROUND)
    item = {
        "sat_rate": 1.0,
        "num_sim": 2,
        "kpat": None,
        "fig_path": f"https://emmaa.s3.amazonaws.com/{key}",
    }
    assert (answer.mc_type, answer.response) == ("pysb", {fnv1a_32("1.0 2"): item})
    assert key == "query_images/rasmodel/MAPK1_act_obs_2026-03-02-17-05-00.png"
    assert bucket.read_bytes(key).startswith(b"\x89PNG\r\n")


INTERVENTIONS = [
    (EGF, "up", "yes_increase"),
    (EGF, "dn", "no_increase"),
    (VEMURAFENIB, "dn", "yes_decrease"),
    (VEMURAFENIB, "up", "no_decrease"),
    (agent("DUSP6"), "dn", "no_change"),  # it acts on MAPK1's T185, not on its activity
    (agent("EGR1"), "up", "no_change"),  # it comes after MAPK1
]


def test_interventions_do_what_textbooks_say(bucket: Bucket) -> None:
    queries = [intervention(entity, MAPK1, direction) for entity, direction, _ in INTERVENTIONS]
    found = answers(bucket, queries)
    assert found.faults == []
    for (condition, _, word), answer in zip(INTERVENTIONS, found.found, strict=True):
        key = query_image_key(MODEL, f"MAPK1_act_obs_by_{condition.name}", ROUND)
        item = {"result": word, "fig_path": f"https://emmaa.s3.amazonaws.com/{key}"}
        assert (answer.mc_type, answer.response) == ("pysb", {fnv1a_32(word): item})
        assert bucket.read_bytes(key).startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("difference", "up", "down"),
    [
        (0.0099, "no_change", "no_change"),
        (-0.0099, "no_change", "no_change"),
        (0.01, "yes_increase", "no_increase"),
        (-0.01, "no_decrease", "yes_decrease"),
    ],
)
def test_a_difference_counts_from_a_hundredth(difference: float, up: str, down: str) -> None:
    assert (result_word(difference, "up"), result_word(difference, "dn")) == (up, down)


def test_what_the_model_has_no_molecule_or_state_of_is_not_applicable(bucket: Bucket) -> None:
    queries = [
        dynamic(active("TP53"), "sustained"),
        dynamic(phosphorylated("EGF"), "sustained"),
        dynamic(agent("MAPK1", location="nucleus"), "sustained"),
        intervention(agent("TP53"), MAPK1, "up"),
        intervention(EGF, active("TP53"), "up"),
        intervention(EGF, phosphorylated("BRAF"), "up"),
    ]
    found = answers(bucket, queries)
    given = [(answer.mc_type, answer.response) for answer in found.found]
    assert given == [("pysb", NOT_APPLICABLE)] * len(queries)
    assert list(bucket.keys("query_images/")) == []


def test_nothing_is_applicable_to_a_model_that_cannot_be_simulated(bucket: Bucket) -> None:
    queries = [dynamic(MAPK1, "sustained"), intervention(EGF, MAPK1, "up")]
    found = answers(bucket, queries, mc_types=("signed_graph",))
    assert [(each.mc_type, each.response) for each in found.found] == [("", NOT_APPLICABLE)] * 2


def test_the_dynamic_model_answers_where_there_is_one(bucket: Bucket) -> None:
    record = save_round(bucket, date_str=ROUND, mc_types=["pysb", "signed_graph", "dynamic"])
    alone = [with_evidence(Activation(agent("BRAF"), agent("MAPK1")))]
    save_round(bucket, alone, model=f"{MODEL}_dynamic", date_str=ROUND)
    queries = [intervention(EGF, MAPK1, "up"), intervention(agent("BRAF"), MAPK1, "up")]

    found = answer_queries(RoundModel(bucket, record), queries)

    assert [answer.mc_type for answer in found.found] == ["pysb", "pysb"]
    assert found.found[0].response == NOT_APPLICABLE
    assert items(found)[1]["result"] == "yes_increase"


def test_the_config_says_how_often_to_simulate(bucket: Bucket) -> None:
    query = dynamic(MAPK1, "sustained")
    several = answers(bucket, [query], dynamic={"num_sim": 7, "hypothesis_tester": TESTER})
    assert only(several)["num_sim"] == 7
    # The number that the original needs for a property that always holds.
    decided = answers(bucket, [query], dynamic={"hypothesis_tester": TESTER})
    assert (only(decided)["sat_rate"], only(decided)["num_sim"]) == (1.0, 18)
    never = answers(bucket, [dynamic(MAPK1, "transient")], dynamic={"hypothesis_tester": TESTER})
    assert (only(never)["sat_rate"], only(never)["num_sim"]) == (0.0, 5)


def test_a_test_that_decides_nothing_is_given_up_and_said(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pattern_check, "MAX_SIMULATIONS", 3)
    query = dynamic(MAPK1, "sustained")
    found = answers(bucket, [query], dynamic={"hypothesis_tester": TESTER})
    assert only(found)["num_sim"] == 3
    assert "3 simulations decide nothing" in caplog.text


def test_single_molecules_give_the_same_answer_again(bucket: Bucket) -> None:
    short = {"use_kappa": True, "time_limit": 60, "num_times": 20}
    queries = [
        dynamic(active("MAP2K1"), "sustained"),
        intervention(agent("DUSP6"), active("MAP2K1"), "dn"),
    ]

    def everything() -> tuple[list[Any], list[bytes]]:
        found = answers(bucket, queries, switch(), dynamic=short, intervention=short)
        return items(found), [bucket.read_bytes(key) for key in bucket.keys("query_images/")]

    first = everything()
    assert (first[0][0]["sat_rate"], first[0][1]["result"]) == (1.0, "yes_decrease")
    assert len(first[1]) == 2
    assert everything() == first


def test_a_model_in_which_nothing_can_happen_does_not_change(bucket: Bucket) -> None:
    # Nothing activates BRAF, so that it never acts.
    still = [with_evidence(Activation(active("BRAF"), agent("MAP2K1")))]
    for use_kappa in (False, True):
        kind = {"use_kappa": use_kappa, "time_limit": 100}
        queries = [
            dynamic(active("MAP2K1"), "always_value", "low"),
            intervention(agent("BRAF"), active("MAP2K1"), "up"),
        ]
        found = answers(bucket, queries, still, dynamic=kind, intervention=kind)
        one, other = items(found)
        assert (one["sat_rate"], other["result"]) == (1.0, "no_change")


def test_agents_of_one_short_name_have_plots_of_their_own(bucket: Bucket) -> None:
    statements = [
        with_evidence(Activation(agent("EGF"), agent("EGFR"), "kinase")),
        with_evidence(Inhibition(agent("CBL"), agent("EGFR"), "kinesin")),
    ]
    states = [ActivityCondition(kind, True) for kind in ("kinase", "kinesin")]
    queries = [dynamic(agent("EGFR", activity=each), "sometime_value", "high") for each in states]
    rates = [item["sat_rate"] for item in items(answers(bucket, queries, statements))]
    assert rates == [1.0, 0.0]
    assert len(list(bucket.keys("query_images/"))) == 2


def test_path_queries_of_the_same_round_are_answered_as_before(bucket: Bucket) -> None:
    queries = [
        PathProperty(Activation(agent("MAP2K1"), agent("MAPK1"))),
        dynamic(MAPK1, "sustained"),
    ]
    mixed = answers(bucket, queries, ras_statements(), ("signed_graph", "pysb"))
    found = [(type(each.query).__name__, each.mc_type) for each in mixed.found]
    assert found == [
        ("PathProperty", "signed_graph"),
        ("PathProperty", "pysb"),
        ("DynamicProperty", "pysb"),
    ]
    assert "path" in items(mixed)[1]
