"""The model update: what is read of the inbox becomes the model's next state, once."""

from __future__ import annotations

from datetime import date

import pytest
from indra.statements import Activation, Agent, Phosphorylation, Statement, Translocation

import scripts.run_model_update as script
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.s3_layout import model_key, model_prefix, paper_ids_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.cli import run_job
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model_file import load_model, load_raw_model
from emmaa_jobs.reading.interface import BrokenOutputError
from emmaa_jobs.resources import ResourcesError
from emmaa_jobs.statement_identity import reading_hash
from emmaa_jobs.update import update_model
from infra.local.seed.ekb import write_ekb
from infra.local.seed.facts import parse_fact
from infra.local.seed.reach_json import write_reach_json
from tests.jobs.known_biology import agent, told
from tests.jobs.reading_inbox import (
    DAY,
    MODEL,
    NEXT_ROUND,
    ROUND,
    config,
    deliver,
    statement_file,
    write_config,
)


def braf_map2k1() -> Statement:
    return told(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))


def map2k1_mapk1() -> Statement:
    return told(Activation(agent("MAP2K1"), agent("MAPK1")))


@pytest.fixture
def inbox(bucket: Bucket) -> Bucket:
    """A bucket with a model that reads INDRA JSON."""
    write_config(bucket, config("indra_json"))
    return bucket


def found(bucket: Bucket, date_str: str) -> list[str]:
    return [str(item.stmt) for item in load_model(bucket, MODEL, date_str).statements]


def test_first_update_starts_empty(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))

    update = update_model(inbox, MODEL, ROUND)

    model = load_model(inbox, MODEL)
    assert [str(item.stmt) for item in model.statements] == [
        "Phosphorylation(BRAF(), MAP2K1(), S, 218)"
    ]
    assert model.paper_ids == ["demo-0001"]
    assert update.summary == (
        "reader: 1 papers read (1 new), 1 statements found, 1 new, 1 in all"
        f" (0 repaired, 0 invalid); wrote {model_key(MODEL, ROUND)}"
    )


def test_next_update_adds_exactly_the_new_statements(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    update_model(inbox, MODEL, ROUND)
    before = load_raw_model(inbox, MODEL, ROUND)
    deliver(
        inbox, "demo-0002.json", statement_file("demo-0002", [map2k1_mapk1()]), day="2026-03-03"
    )

    update_model(inbox, MODEL, NEXT_ROUND)  # its window has both days

    after = load_raw_model(inbox, MODEL, NEXT_ROUND)
    assert after[: len(before)] == before
    (new,) = after[len(before) :]
    assert (new["stmt"]["type"], new["date"]) == ("Activation", NEXT_ROUND)
    assert load_model(inbox, MODEL, NEXT_ROUND).paper_ids == ["demo-0001", "demo-0002"]


def test_day_without_news_still_writes_the_model(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    update_model(inbox, MODEL, ROUND)

    update = update_model(inbox, MODEL, NEXT_ROUND)

    assert "1 statements found, 0 new, 1 in all" in update.summary
    assert load_raw_model(inbox, MODEL, NEXT_ROUND) == load_raw_model(inbox, MODEL, ROUND)


def test_same_update_twice_writes_the_same_bytes(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1(), map2k1_mapk1()]))
    update_model(inbox, MODEL, ROUND)
    keys = (model_key(MODEL, ROUND), paper_ids_key(MODEL, ROUND))
    once = [inbox.read_bytes(key) for key in keys]

    update_model(inbox, MODEL, ROUND)

    assert [inbox.read_bytes(key) for key in keys] == once


def test_past_round_follows_what_was_before_it(inbox: Bucket) -> None:
    update_model(inbox, MODEL, ROUND)
    deliver(
        inbox, "demo-0002.json", statement_file("demo-0002", [map2k1_mapk1()]), day="2026-03-03"
    )
    update_model(inbox, MODEL, NEXT_ROUND)
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))

    update_model(inbox, MODEL, "2026-03-03-16-00-00", until=date(2026, 3, 2))

    assert found(inbox, "2026-03-03-16-00-00") == ["Phosphorylation(BRAF(), MAP2K1(), S, 218)"]
    assert found(inbox, NEXT_ROUND) == ["Activation(MAP2K1(), MAPK1())"]


def test_new_search_term_does_not_make_old_readings_new(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    update_model(inbox, MODEL, ROUND)
    term = {"type": "gene", "name": "MAP2K1", "search_term": "MEK1", "db_refs": {}}
    document = config("indra_json")
    write_config(inbox, {**document, "search_terms": [*document["search_terms"], term]})

    update_model(inbox, MODEL, NEXT_ROUND)

    assert len(found(inbox, NEXT_ROUND)) == 1


def test_same_sentence_in_two_papers_is_two_statements(inbox: Bucket) -> None:
    for paper in ("demo-0001", "demo-0002"):
        deliver(inbox, f"{paper}.json", statement_file(paper, [braf_map2k1()]))

    update_model(inbox, MODEL, ROUND)

    refs = [item.stmt.evidence[0].text_refs["DEMO"] for item in load_model(inbox, MODEL).statements]
    assert refs == ["demo-0001", "demo-0002"]


def test_exact_copies_are_dropped(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1(), braf_map2k1()]))

    update_model(inbox, MODEL, ROUND)

    assert len(found(inbox, ROUND)) == 1


def test_statements_carry_what_found_them(inbox: Bucket) -> None:
    about_skin = map2k1_mapk1()
    about_skin.evidence[0].text = "In Skin Cancer, MAP2K1 activates MAPK1."
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1(), about_skin]))
    deliver(inbox, "demo-0002.json", statement_file("demo-0002", [map2k1_mapk1()]))

    update_model(inbox, MODEL, ROUND)

    first, second, third = load_model(inbox, MODEL).statements
    assert [term["name"] for term in first.search_terms] == ["BRAF", "melanoma"]
    assert second.search_terms == first.search_terms  # terms are the paper's
    assert third.search_terms == []
    assert first.metadata == {"internal": True}
    annotated = first.stmt.evidence[0].annotations["emmaa"]
    assert annotated == {"search_terms": first.search_terms, "metadata": {"internal": True}}


def test_paper_without_statements_counts_as_read(inbox: Bucket) -> None:
    deliver(inbox, "demo-0007.json", "[]")

    update_model(inbox, MODEL, ROUND)

    assert load_model(inbox, MODEL).paper_ids == ["demo-0007"]


def test_invalid_statements_are_repaired_or_dropped_and_counted(inbox: Bucket) -> None:
    repairable = told(Activation(Agent("MEK", db_refs={"FPLX": "ME-K"}), agent("MAPK1")))
    hopeless = told(Translocation(agent("MAPK1")))
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [repairable, hopeless]))

    update = update_model(inbox, MODEL, ROUND)

    assert "(1 repaired, 1 invalid)" in update.summary
    (item,) = load_model(inbox, MODEL).statements
    assert item.stmt.subj.db_refs["FPLX"] == "ME_K"


def test_window_has_ten_days_and_the_last(inbox: Bucket) -> None:
    for day in ("2026-02-19", "2026-02-20", "2026-03-02", "2026-03-03"):
        deliver(inbox, f"on-{day}.json", "[]", day=day)

    update_model(inbox, MODEL, ROUND)

    assert load_model(inbox, MODEL).paper_ids == ["on-2026-02-20", "on-2026-03-02"]


def test_given_window_is_read(inbox: Bucket) -> None:
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        deliver(inbox, f"on-{day}.json", "[]", day=day)

    update_model(inbox, MODEL, ROUND, since=date(2026, 1, 2), until=date(2026, 1, 2))

    assert load_model(inbox, MODEL).paper_ids == ["on-2026-01-02"]


def test_window_that_ends_before_it_starts(inbox: Bucket) -> None:
    with pytest.raises(InputError, match="end"):
        update_model(inbox, MODEL, ROUND, since=date(2026, 3, 5), until=date(2026, 3, 1))


def test_all_readers_of_a_config_contribute(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json", "trips", "reach"))
    activation = [parse_fact("MAP2K1 activates MAPK1")]
    deliver(bucket, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    deliver(bucket, "demo-0002.ekb", write_ekb([parse_fact("BRAF binds MAP2K1")]), "trips")
    deliver(bucket, "demo-0003.json", write_reach_json("demo-0003", activation), "reach")

    update_model(bucket, MODEL, ROUND)

    evidence = [item.stmt.evidence[0] for item in load_model(bucket, MODEL).statements]
    assert [(e.source_api, e.text_refs) for e in evidence] == [
        ("reach", {"DEMO": "demo-0001"}),  # what `told` says of itself
        ("trips", {"DEMO": "demo-0002"}),
        ("reach", {"DEMO": "demo-0003"}),
    ]


def test_broken_file_is_named_after_the_rest_is_written(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    broken = deliver(inbox, "demo-0002.json", '[{"type": "Activ')

    with pytest.raises(BrokenOutputError, match=r"(?s)1 pieces.*demo-0002\.json: it is not JSON"):
        update_model(inbox, MODEL, ROUND)

    model = load_model(inbox, MODEL)
    assert len(model.statements) == 1
    assert model.paper_ids == ["demo-0001"]  # the broken one is not read yet

    inbox.write_bytes(broken, statement_file("demo-0002", [map2k1_mapk1()]).encode(), "text/plain")
    update_model(inbox, MODEL, NEXT_ROUND)
    assert load_model(inbox, MODEL).paper_ids == ["demo-0001", "demo-0002"]


def test_config_without_literature_reads_nothing(bucket: Bucket) -> None:
    write_config(bucket, {"search_terms": [], "reading": {"reader": None}})

    update = update_model(bucket, MODEL, ROUND)

    assert update.summary.startswith("reader: 0 papers read")


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (
            {"literature_source": "elsevier", "reader": "elsevier_eidos"},
            r"reading\.literature_source: 'elsevier' is not available: it needs a licence",
        ),
        (
            {"reader": "aws"},
            r"reading\.reader: 'aws' is not available: it reads with REACH .*put what it reads",
        ),
        (
            {"literature_source": "scopus"},
            r"reading\.literature_source: 'scopus' is not available; there are: biorxiv, pubmed",
        ),
        (
            {"literature_source": "biorxiv", "reader": "indra_db_pmid"},
            r"'indra_db_pmid' cannot read what 'biorxiv' finds, but only what pubmed does",
        ),
        (
            {"literature_source": "s3_inbox", "reader": "medscan"},
            r"reading\.reader: 'medscan' is not available; there are: bel, .*reach, sparser, trips",
        ),
        (
            {"reader": None, "cord19_update": {"metadata": {}, "date_limit": 5}},
            r"reading\.cord19_update: is not available",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(bucket: Bucket, reading: object, fault: str) -> None:
    write_config(bucket, {"search_terms": [], "reading": reading})

    with pytest.raises(ModelConfigError, match=rf"'reader', models/reader/config\.json: .*{fault}"):
        update_model(bucket, MODEL, ROUND)
    assert not list(bucket.keys(model_prefix(MODEL)))


def test_model_without_config(bucket: Bucket) -> None:
    with pytest.raises(MissingObjectError, match="model 'reader' has no config"):
        update_model(bucket, MODEL, ROUND)


def test_model_is_written_last(inbox: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = inbox.client.put_object
    monkeypatch.setattr(
        inbox.client, "put_object", lambda **put: (written.append(put["Key"]), write(**put))
    )

    update_model(inbox, MODEL, ROUND)

    assert written == [paper_ids_key(MODEL, ROUND), model_key(MODEL, ROUND)]


def test_update_killed_before_the_model_leaves_the_old_state(
    inbox: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_model(inbox, MODEL, ROUND)
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    write = inbox.client.put_object

    def killed(**put: str) -> object:
        if put["Key"].startswith(model_prefix(MODEL)):
            raise KeyboardInterrupt
        return write(**put)

    with monkeypatch.context() as patch:
        patch.setattr(inbox.client, "put_object", killed)
        with pytest.raises(KeyboardInterrupt):
            update_model(inbox, MODEL, NEXT_ROUND)

    assert load_model(inbox, MODEL).date_str == ROUND
    assert load_model(inbox, MODEL).paper_ids == []
    update_model(inbox, MODEL, NEXT_ROUND)
    assert load_model(inbox, MODEL).paper_ids == ["demo-0001"]


def test_script_takes_the_documented_flags(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))

    summary = script.main(
        ["-m", MODEL, "--since", DAY, "--until", DAY, "--date-str", "2026-06-01-00-00-00"]
    )

    assert "1 new, 1 in all" in summary
    assert load_model(inbox, MODEL).date_str == "2026-06-01-00-00-00"


def test_script_ends_with_bad_input_for_a_broken_file(
    inbox: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    key = deliver(inbox, "demo-0001.json", "nonsense")

    assert run_job(script.main, ["-m", MODEL, "--date-str", ROUND]) == 2
    assert f"{key}: it is not JSON" in capsys.readouterr().out


def test_script_checks_resources_first(inbox: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDRA_RESOURCES", "/nowhere/indra")
    monkeypatch.setenv("PYSTOW_HOME", "/nowhere/pystow")

    with pytest.raises(ResourcesError, match=r"none in /nowhere"):
        script.main(["-m", MODEL])


def test_reading_hash_is_the_full_hash_without_emmaa_annotations() -> None:
    bare = braf_map2k1()
    bare.evidence[0].annotations.clear()

    assert reading_hash(braf_map2k1()) == bare.get_hash(shallow=False)
    assert reading_hash(bare) == bare.get_hash(shallow=False)
