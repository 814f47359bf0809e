"""The model update: what is read of the inbox becomes the model's next state, once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import run_model_update as script
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_key, paper_ids_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model, load_raw_model
from emmaa_jobs.reading.update import update_model
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from infra.local.seed.reach_json import write_reach_json
from tests.jobs.reading.updated_model import braf_map2k1, found, map2k1_mapk1
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
        ("reach", {"DEMO": "demo-0001"}),  # the origin in `with_evidence`
        ("trips", {"DEMO": "demo-0002"}),
        ("reach", {"DEMO": "demo-0003"}),
    ]


def test_config_without_literature_reads_nothing(bucket: Bucket) -> None:
    write_config(bucket, {"search_terms": [], "reading": {"reader": None}})

    update = update_model(bucket, MODEL, ROUND)

    assert update.summary.startswith("reader: 0 papers read")


def test_model_is_written_last(inbox: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = inbox.client.put_object

    def note_and_write(**put: Any) -> Any:
        written.append(put["Key"])
        return write(**put)

    monkeypatch.setattr(inbox.client, "put_object", note_and_write)

    update_model(inbox, MODEL, ROUND)

    assert written == [paper_ids_key(MODEL, ROUND), model_key(MODEL, ROUND)]


def test_script_takes_the_documented_flags(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))

    summary = script.main(
        ["-m", MODEL, "--since", DAY, "--until", DAY, "--date-str", "2026-06-01-00-00-00"]
    )

    assert "1 new, 1 in all" in summary
    assert load_model(inbox, MODEL).date_str == "2026-06-01-00-00-00"
