from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.printable import printable_line

#: Airflow's own pattern of run ids, and what another pattern or a hand may let pass.
run_names = st.text(string.ascii_letters + string.digits + "_.~:+-", max_size=60) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.just("\udcff"),
    max_size=60,
)
origins = st.builds(Origin, run_names, run_names, st.booleans())


@given(origins)
def test_an_origin_comes_back_from_an_object_s_metadata(origin: Origin) -> None:
    shown = replace(
        origin,
        dag_id=printable_line(origin.dag_id, 250),
        run_id=printable_line(origin.run_id, 250),
    )
    assert Origin.from_metadata(origin.to_metadata()) == shown


@given(st.text(max_size=300), st.sampled_from(["", "a%00b", "a%FFb", "%0A", "r" * 1100]))
def test_whatever_metadata_say_airflow_can_store_the_names(text: str, odd: str) -> None:
    """Whoever may upload an object may give it any metadata."""
    origin = Origin.from_metadata({"emmaa-dag-id": text, "emmaa-run-id": odd})
    for name in (origin.dag_id, origin.run_id):
        assert len(name) <= 250
        assert not set("\0\n") & set(name.encode().decode())


@given(origins)
def test_an_origin_comes_back_from_a_job_s_environment(origin: Origin) -> None:
    environment = {"PATH": "/bin", **origin.to_environment()}

    assert Origin.from_environment(environment) == origin


@given(origins)
def test_metadata_is_what_s3_takes(origin: Origin) -> None:
    for key, value in origin.to_metadata().items():
        assert key == key.lower()
        assert value.isascii()
        assert value == value.strip()
        assert not value or value.isprintable()


def test_the_names_that_runs_and_jobs_agree_on() -> None:
    origin = Origin("emmaa_update_pipeline", "scheduled__2026-03-02T17:00:00+00:00", notify=False)

    assert origin.to_metadata() == {
        "emmaa-dag-id": "emmaa_update_pipeline",
        "emmaa-run-id": "scheduled__2026-03-02T17:00:00+00:00",
        "emmaa-notify": "false",
    }
    assert origin.to_environment() == {
        "EMMAA_DAG_ID": "emmaa_update_pipeline",
        "EMMAA_RUN_ID": "scheduled__2026-03-02T17:00:00+00:00",
        "EMMAA_NOTIFY": "false",
    }


def test_what_a_person_made_notifies_and_has_no_run() -> None:
    assert Origin.from_metadata({}) == Origin.from_environment({}) == Origin("", "", notify=True)
    assert Origin.from_metadata({"owner": "someone"}) == Origin()


@pytest.mark.parametrize(
    ("text", "notify"),
    [("true", True), ("True", True), ("false", False), ("False", False), (" FALSE\n", False)],
)
def test_whether_to_notify_is_read_in_any_case(text: str, notify: bool) -> None:
    assert Origin.from_environment({"EMMAA_NOTIFY": text}).notify is notify
    assert Origin.from_metadata({"emmaa-notify": text}).notify is notify


@pytest.mark.parametrize("text", ["0", "1", "no", "off", "", "falsch"])
def test_what_is_neither_true_nor_false_notifies_nobody(text: str) -> None:
    with pytest.raises(InputError, match=f"EMMAA_NOTIFY is '{text}': it must be true or false"):
        Origin.from_environment({"EMMAA_NOTIFY": text})
    with pytest.raises(InputError, match=f"the S3 metadata emmaa-notify is '{text}'"):
        Origin.from_metadata({"emmaa-notify": text})
