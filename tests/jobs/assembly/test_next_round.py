"""A round that continues the one before it is the same, to the byte, as one assembled anew."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indra.pipeline import pipeline_functions

from emmaa_cycle.s3_layout import (
    assembled_key,
    assembly_record_key,
    config_key,
    inbox_key,
    model_key,
)
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import GZIP_TYPE, Bucket, gzip_text
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.reading.update import update_model
from tests.jobs.empty_world import empty_bucket
from tests.jobs.example_counts import costly
from tests.jobs.odd_statements import accepted_documents
from tests.jobs.one_model import STEPS, make_statement_database

MODEL = "daily"
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
READING = {"reader": "indra_json", "literature_source": "s3_inbox", "main_id_type": "PMID"}
GRAPHS = {"mc_types": ["signed_graph", "unsigned_graph"]}
HGNC = {"BRAF": "1097", "RAF1": "9829", "MAP2K1": "6840", "MAP2K2": "6842", "MAPK1": "6871"}
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
            "text": st.sampled_from([f"Sentence {n}." for n in range(5)]),
            "text_refs": st.sampled_from(["1", "2"]).map(lambda pmid: {"PMID": pmid}),
        },
        optional={
            "epistemics": st.sampled_from(
                [{"hypothesis": True}, {"negated": True}, {"direct": True}]
            )
        },
    )
    found = st.lists(evidence, min_size=1, max_size=2)
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


def deliver(bucket: Bucket, day: str, documents: list[Any]) -> str:
    """Let a day's update read these statements, and return the day's ``<dt>``."""
    bucket.write_encoded(
        inbox_key(MODEL, "indra_json", day, "1.json"), json.dumps(documents).encode()
    )
    update_model(bucket, MODEL, f"{day}-17-00-00")
    return f"{day}-17-00-00"


def write_config(bucket: Bucket, assembly: list[dict[str, Any]] = STEPS, **fields: Any) -> None:
    document = {
        "search_terms": [], "reading": READING, "test": GRAPHS, "assembly": assembly, **fields,
    }  # fmt: skip
    bucket.write_json(config_key(MODEL), document)


def everything(bucket: Bucket) -> dict[str, Any]:
    """All objects by key, and the rows of the statement database in order."""
    found: dict[str, Any] = {key: bucket.read_bytes(key) for key in bucket.keys("")}
    engine = database_engine("stmt")
    database = StatementDatabase(engine)
    for day in database.days(MODEL):
        found[day] = list(database.statements(MODEL, day))
    engine.dispose()
    return found


def remove(bucket: Bucket, key: str) -> None:
    bucket.client.delete_object(Bucket=bucket.name, Key=key)


def assert_same_anew(bucket: Bucket, date_str: str) -> None:
    """Assemble a round once more, without what is known of rounds before, and compare."""
    made = everything(bucket)
    remove(bucket, assembly_record_key(MODEL))
    update_manager(bucket, MODEL, date_str)
    # The record of an older round stays where the newest one has none.
    record = {key: made[key] for key in made.keys() & {assembly_record_key(MODEL)}}
    assert {**record, **everything(bucket)} == made


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


def activation(subject: str, target: str, sentence: str = "A sentence.") -> dict[str, Any]:
    """Return an Activation of two genes."""
    subj, obj = ({"name": name, "db_refs": {"HGNC": HGNC[name]}} for name in (subject, target))
    evidence = {"source_api": "reach", "text": sentence, "text_refs": {"PMID": "1"}}
    return {"type": "Activation", "subj": subj, "obj": obj, "evidence": [evidence]}


FIRST = [activation("BRAF", "MAP2K1"), activation("RAF1", "MAP2K2"), activation("MAP2K1", "MAPK1")]
SECOND = [activation("BRAF", "MAP2K1", "Another sentence.")]


@pytest.fixture
def first_round(bucket: Bucket, caplog: pytest.LogCaptureFixture) -> str:
    """Make the first round, and return its ``<dt>``."""
    caplog.set_level(logging.INFO)
    make_statement_database()
    write_config(bucket)
    date_str = deliver(bucket, DAYS[0], FIRST)
    update_manager(bucket, MODEL, date_str)
    return date_str


def make_second_round(bucket: Bucket) -> str:
    date_str = deliver(bucket, DAYS[1], SECOND)
    update_manager(bucket, MODEL, date_str)
    return date_str


def test_only_what_new_statements_touch_is_assembled(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_second_round(bucket)
    assert "2 of 4 raw statements are assembled" in caplog.messages


def test_a_day_without_new_statements_assembles_none(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    date_str = deliver(bucket, DAYS[1], FIRST)
    update_manager(bucket, MODEL, date_str)
    assert "0 of 3 raw statements are assembled" in caplog.messages
    before, now = (
        bucket.read_bytes(assembled_key(MODEL, each)) for each in (first_round, date_str)
    )
    assert now == before


def edit_assembled(bucket: Bucket, date_str: str) -> None:
    bucket.write_json(
        assembled_key(MODEL, date_str), bucket.read_json(assembled_key(MODEL, date_str))[1:]
    )


def remove_assembled(bucket: Bucket, date_str: str) -> None:
    remove(bucket, assembled_key(MODEL, date_str, ".jsonl"))


def break_assembled(bucket: Bucket, date_str: str) -> None:
    bucket.write_bytes(assembled_key(MODEL, date_str), b"no gzip", GZIP_TYPE)


def edit_record(bucket: Bucket, date_str: str) -> None:
    stored = bucket.read_object(assembly_record_key(MODEL))
    content = gzip_text(stored.text().read().replace("BRAF", "RAF1"))
    bucket.write_bytes(stored.key, content, GZIP_TYPE, stored.metadata)


def edit_state(bucket: Bucket, date_str: str) -> None:
    bucket.write_json(model_key(MODEL, date_str), bucket.read_json(model_key(MODEL, date_str))[1:])


def change_steps(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, [{"function": "run_preassembly"}])


def change_types(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, test={"mc_types": ["signed_graph"]})


def ask_for_export(bucket: Bucket, date_str: str) -> None:
    write_config(bucket, export_formats=["indranet"])


@pytest.mark.parametrize(
    "change",
    [edit_assembled, remove_assembled, break_assembled, edit_record, edit_state, change_steps,
     change_types, ask_for_export],
)  # fmt: skip
def test_what_has_changed_since_is_seen(
    bucket: Bucket,
    first_round: str,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Bucket, str], None],
) -> None:
    change(bucket, first_round)
    date_str = make_second_round(bucket)
    assert not [
        line for line in caplog.messages if line.endswith("of 4 raw statements are assembled")
    ]
    assert_same_anew(bucket, date_str)


@pytest.mark.parametrize(
    "fields",
    [
        {"test": {"mc_types": ["signed_graph", "pysb"]}},
        {"assembly": [{"function": "run_preassembly"}, {"function": "reduce_activities"}]},
        {"assembly": [{"function": "map_grounding"}]},
        {"assembly": [{"function": "run_preassembly"}, {"function": "map_grounding"}]},
        {"assembly": [{"function": "run_preassembly"}, REMOVE_BOUND]},
        {"assembly": {"main": STEPS, "dynamic": STEPS[-1:]}},
        {"export_formats": ["indranet"]},
    ],
)
def test_what_looks_at_all_statements_is_assembled_whole(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture, fields: dict[str, Any]
) -> None:
    write_config(bucket, **fields)
    for day, documents in ((DAYS[1], SECOND), (DAYS[2], FIRST)):
        update_manager(bucket, MODEL, deliver(bucket, day, documents))
    assert not [line for line in caplog.messages if "of 4 raw statements" in line]


def test_a_round_continues_the_newest_one_that_can_be_continued(
    bucket: Bucket, first_round: str, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_export(bucket, first_round)
    make_second_round(bucket)
    write_config(bucket)
    date_str = deliver(bucket, DAYS[2], [activation("BRAF", "MAP2K1", "A third sentence.")])
    update_manager(bucket, MODEL, date_str)
    assert "3 of 5 raw statements are assembled" in caplog.messages
    assert_same_anew(bucket, date_str)


def test_a_past_round_leaves_the_record_of_the_newest(bucket: Bucket, first_round: str) -> None:
    make_second_round(bucket)
    before = bucket.read_bytes(assembly_record_key(MODEL))
    update_manager(bucket, MODEL, first_round)
    assert bucket.read_bytes(assembly_record_key(MODEL)) == before


def test_statements_that_a_step_leaves_out_are_left_out_each_day(
    bucket: Bucket, first_round: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_on_one(stmts_in: list[Any], **_: Any) -> list[Any]:
        if any(statement.agent_list()[0].name == "RAF1" for statement in stmts_in):
            raise ValueError("a test's")
        return stmts_in

    monkeypatch.setitem(pipeline_functions, "filter_no_hypothesis", fail_on_one)
    steps = [{"function": "filter_no_hypothesis"}, {"function": "run_preassembly"}]
    for day, documents in ((DAYS[1], SECOND), (DAYS[2], FIRST)):
        write_config(bucket, steps)
        update = update_manager(bucket, MODEL, deliver(bucket, day, documents))
        assert [item.reason for item in update.left_out] == ["ValueError: a test's"]
