"""Records of events are read, ignored or refused, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.uploads import Upload
from lambdas.upload_to_dag_run.records import Ignored, MalformedEventError, read_record
from tests.jobs.odd_documents import changed
from tests.unit.cycle.strategies import names
from tests.unit.lambdas.events import DATE, event, model_record, sample
from tests.unit.lambdas.fake_airflow import FakeAirflow
from tests.unit.lambdas.function import Function


@given(names, st.text(min_size=1, max_size=30))
def test_any_name_is_read_as_it_was_uploaded(model: str, etag: str) -> None:
    found = read_record(model_record(model, etag=etag), 30)

    assert isinstance(found, Upload)
    assert found.model == model
    assert found.key == f"models/{model}/model_{DATE}.json.gz"


def stored(when: str) -> dict[str, Any]:
    return {**model_record(), "eventTime": when}


@pytest.mark.parametrize(
    ("key_days", "when", "outcome"),
    [
        (None, "2026-04-01T17:04:07.999Z", "started"),
        (None, "2026-04-01T17:04:08.001Z", "ignored"),
        (None, "2026-11-28T00:00:00.000Z", "ignored"),
        ("300", "2026-11-28T00:00:00.000Z", "started"),
        ("0.5", "2026-03-03T17:04:08.000Z", "ignored"),
    ],
)
def test_copies_of_old_rounds_start_nothing(
    rest: FakeAirflow,
    function: Function,
    monkeypatch: pytest.MonkeyPatch,
    key_days: str | None,
    when: str,
    outcome: str,
) -> None:
    if key_days:
        monkeypatch.setenv("UPLOADS_KEY_DAYS", key_days)

    assert function(event(stored(when))) == {outcome: 1}
    assert len(rest.runs) == (outcome == "started")
    if outcome == "ignored":
        assert "uploads.key_days" in function.log[0]["reason"]


@pytest.mark.parametrize("days", ["", " ", "36500"])
def test_an_empty_limit_is_the_default_and_the_largest_one_is_taken(
    rest: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch, days: str
) -> None:
    monkeypatch.setenv("UPLOADS_KEY_DAYS", days)
    assert function(event(model_record())) == {"started": 1}


@pytest.mark.parametrize("days", ["many", "0", "-1", "nan", "inf", "36501"])
def test_a_limit_that_is_no_number_of_days_is_named(
    rest: FakeAirflow, function: Function, monkeypatch: pytest.MonkeyPatch, days: str
) -> None:
    monkeypatch.setenv("UPLOADS_KEY_DAYS", days)
    with pytest.raises(InputError, match="UPLOADS_KEY_DAYS"):
        function(event(model_record()))


@pytest.mark.parametrize("when", ["yesterday", 5, {}])
def test_a_record_without_a_readable_time_is_malformed(
    rest: FakeAirflow, function: Function, when: Any
) -> None:
    with pytest.raises(MalformedEventError, match="eventTime"):
        function(event(stored(when)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["s3", "bucket", "object", "name", "key", "eTag", "eventName", "eventTime"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_any_json_is_read_or_refused_by_name(value: Any) -> None:
    try:
        found = read_record(value, 30)
    except MalformedEventError:
        return
    assert isinstance(found, Upload | Ignored)


def test_samples_are_events_as_lambda_takes_them() -> None:
    for name in ("model", "model_manager", "odd_key", "other_object", "removed", "mixed"):
        assert isinstance(sample(name)["Records"], list)
    assert json.dumps(sample("test_event"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eventTime": "0001-01-01T00:00:00Z"}, "eventTime"),
        ({"eventTime": "9999-12-31T23:59:59Z"}, "eventTime"),
        ({"s3": {**model_record()["s3"], "bucket": {"name": "\ud800"}}}, "s3.bucket.name"),
        (model_record(etag="\ud800"), "s3.object.eTag"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_odd_record_costs_itself(
    rest: FakeAirflow, function: Function, change: dict[str, Any], field: str
) -> None:
    records = [{**model_record("odd"), **change}, model_record("good")]
    with pytest.raises(MalformedEventError, match=rf"record 0: its field {field} is"):
        function({"Records": records})
    assert [line["outcome"] for line in function.log] == ["malformed", "started"]


@given(changed(model_record()))
def test_any_record_is_read_or_refused(record: Any) -> None:
    try:
        found = read_record(record, 30)
    except MalformedEventError:
        return
    if isinstance(found, Upload):
        assert found.run_id
