"""A round that continues the one before it is the same, to the byte, as one assembled anew."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from tests.jobs.assembly.daily_rounds import (
    DAYS,
    HGNC,
    MODEL,
    SECOND,
    assert_same_anew,
    deliver,
    write_config,
)  # fmt: skip
from tests.jobs.empty_world import empty_bucket
from tests.jobs.example_counts import costly
from tests.jobs.odd_statements import accepted_documents
from tests.jobs.one_model import make_statement_database

FAMILIES = ("RAF", "MEK", "ERK")


def agents() -> st.SearchStrategy[dict[str, Any]]:
    """Families, their members, and states of both, which refine each other."""
    genes = st.sampled_from([*HGNC.items()]).map(
        lambda gene: {"name": gene[0], "db_refs": {"HGNC": gene[1], "TEXT": gene[0]}}
    )
    families = st.sampled_from(FAMILIES).map(
        lambda name: {"name": name, "db_refs": {"FPLX": name, "TEXT": name}}
    )
    ungrounded = st.sampled_from(["it", "MEK"]).map(lambda name: {"name": name, "db_refs": {}})
    plain = genes | families | genes | families | ungrounded
    active: dict[str, Any] = {"activity": {"activity_type": "kinase", "is_active": True}}
    modified: dict[str, Any] = {"mods": [{"mod_type": "phosphorylation", "is_modified": True}]}
    bound: dict[str, Any] = {
        "bound_conditions": [{"agent": {"name": "X", "db_refs": {}}, "is_bound": True}]
    }
    states = st.sampled_from([active, modified, bound])
    return plain | st.tuples(plain, states).map(lambda two: two[0] | two[1])


def statements() -> st.SearchStrategy[dict[str, Any]]:
    """Statements of few agents, so that many are equal or refine each other."""
    activations = st.fixed_dictionaries(
        {"type": st.sampled_from(["Activation", "Inhibition"]), "subj": agents(), "obj": agents()}
    )
    sites = st.sampled_from([{}, {"residue": "S"}, {"residue": "S", "position": "218"}])
    known = st.fixed_dictionaries({"sub": agents()}, optional={"enz": agents()})
    modifications = st.tuples(known, sites).map(
        lambda two: {"type": "Phosphorylation"} | two[0] | two[1]
    )
    complexes = st.lists(agents(), min_size=1, max_size=3).map(
        lambda members: {"type": "Complex", "members": members}
    )
    some = st.lists(agents(), max_size=2)
    conversions = st.fixed_dictionaries(
        {"type": st.just("Conversion"), "subj": agents(), "obj_from": some, "obj_to": some}
    )
    bodies = activations | modifications | complexes | conversions
    evidence = st.fixed_dictionaries(
        {
            "source_api": st.sampled_from(["reach", "trips", "sparser"]),
            "text": st.sampled_from([f"Sentence {n}." for n in range(9)]),
            "text_refs": st.sampled_from(["1", "2"]).map(lambda pmid: {"PMID": pmid}),
        },
        optional={
            "epistemics": st.sampled_from(
                [{"hypothesis": True}, {"negated": True}, {"direct": True}]
            )
        },
    )
    found = st.lists(evidence, min_size=1, max_size=3)
    return st.tuples(bodies, found).map(lambda two: {**two[0], "evidence": two[1]})


REMOVE_BOUND = {"function": "filter_grounded_only", "kwargs": {"remove_bound": True}}
BEFORE: list[dict[str, Any]] = [
    *(
        {"function": name}
        for name in ("filter_no_hypothesis", "map_grounding", "filter_no_negated")
    ),
    REMOVE_BOUND,
]
AFTER: list[dict[str, Any]] = [
    {"function": "filter_belief", "args": [0.8]},
    {"function": "filter_top_level"},
    {"function": "filter_direct"},
    REMOVE_BOUND,
    {"function": "map_grounding"},
]


@st.composite
def step_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Configs' steps around one preassembly."""
    before = draw(st.lists(st.sampled_from(BEFORE), max_size=3))
    toplevel = draw(st.booleans())
    preassembly: dict[str, Any] = {
        "function": "run_preassembly",
        "kwargs": {"return_toplevel": toplevel},
    }
    return [*before, preassembly, *draw(st.lists(st.sampled_from(AFTER), max_size=2))]


@costly(6)
@given(
    st.tuples(*[st.lists(statements(), max_size=size) for size in (12, 4, 4)]),
    st.lists(accepted_documents(), max_size=2),
    step_lists(),
)
def test_continued_rounds_are_the_same_as_one_assembled_anew(
    days: tuple[list[Any], ...], odd: list[Any], steps: list[dict[str, Any]]
) -> None:
    make_statement_database()
    with empty_bucket() as bucket:
        write_config(bucket, steps)
        for number, (day, documents) in enumerate(zip(DAYS, days, strict=True)):
            date_str = deliver(bucket, day, [*documents, *odd[number : number + 1]])
            update_manager(bucket, MODEL, date_str)
        assert_same_anew(bucket, date_str)


def gene(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"HGNC": HGNC[name]}}


def family(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"FPLX": name}}


def read(body: dict[str, Any], *sources: str) -> dict[str, Any]:
    """Return a statement with one piece of evidence from each source."""
    references = {"text_refs": {"PMID": "1"}}
    evidence = [{"source_api": each, "text": f"By {each}.", **references} for each in sources]
    return {**body, "evidence": evidence}


def acts(subj: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Activation", "subj": subj, "obj": gene("MAPK1")}


def makes(obj_from: list[str], obj_to: list[str]) -> dict[str, Any]:
    sides = {"obj_from": [*map(gene, obj_from)], "obj_to": [*map(gene, obj_to)]}
    return {"type": "Conversion", "subj": gene("MAPK1"), **sides}


def happens(kind: str, delta: str) -> dict[str, Any]:
    concept = {"name": "rain", "db_refs": {"UN": "UN/x"}}
    return {"type": kind, "concept": concept, "delta": {"type": delta, "polarity": 1}}


PREASSEMBLY: dict[str, Any] = {
    "function": "run_preassembly",
    "kwargs": {"return_toplevel": False},
}
BELIEF: dict[str, Any] = {"function": "filter_belief", "args": [0.8]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The step drops the second one, which the first one's belief counts.
        (
            [read(acts(family("MEK")), "reach", "trips", "sparser"),
             read(acts(gene("MAP2K1")), "reach")],
            [read(acts(gene("MAP2K2")), "reach")],
        ),
        # Both have one key: it does not separate the two sides.
        (
            [read(makes(["RAF1"], ["BRAF", "MAP2K1"]), "reach", "trips")],
            [read(makes(["RAF1", "MAP2K1"], ["BRAF"]), "sparser")],
        ),
        # The key does not name the type.
        (
            [read(happens("Event", "qualitative"), "eidos", "reach", "trips")],
            [read(happens("Migration", "quantitative"), "sparser")],
        ),
        # The name reads as the other one's grounding.
        (
            [read(acts({"name": "('HGNC', '1097')", "db_refs": {}}), "reach", "trips")],
            [read(acts(gene("BRAF")), "sparser")],
        ),
    ],
)  # fmt: skip
def test_statements_that_are_joined_in_odd_ways_are_assembled_together(
    bucket: Bucket, caplog: pytest.LogCaptureFixture, first: list[Any], second: list[Any]
) -> None:
    caplog.set_level(logging.INFO)
    make_statement_database()
    write_config(bucket, [PREASSEMBLY, BELIEF])
    update_manager(bucket, MODEL, deliver(bucket, DAYS[0], first))
    date_str = deliver(bucket, DAYS[1], second)
    update_manager(bucket, MODEL, date_str)
    assert f"{len(first) + 1} of {len(first) + 1} raw statements are assembled" in caplog.messages
    assert_same_anew(bucket, date_str)


def test_agents_whose_place_cannot_be_told_are_no_fault(bucket: Bucket, first_round: str) -> None:
    odd = happens("Event", "qualitative")
    odd["concept"]["db_refs"] = {"WM": [[["a"], 0.5]]}
    date_str = deliver(bucket, DAYS[1], [read(odd, "eidos"), *SECOND])
    update_manager(bucket, MODEL, date_str)
    assert_same_anew(bucket, date_str)
