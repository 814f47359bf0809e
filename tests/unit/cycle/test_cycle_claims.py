"""Claims: of all jobs of a series one works at a time, and none after it has succeeded."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.claims import Claim, Held, date_key, hold, refusal, series_key
from emmaa_cycle.errors import InputError

NAMES = st.text("abc-123", min_size=1, max_size=8)


class Store:
    """Objects with conditional puts; other writers may come in between two calls."""

    def __init__(self, interruptions: Iterable[tuple[str, str]] = ()) -> None:
        self.owners: dict[str, str] = {}
        self._interruptions = iter(interruptions)

    def _interrupt(self) -> None:
        if change := next(self._interruptions, None):
            key, owner = change
            if self.owners.get(key):
                return  # other jobs do not take what is held, either
            self.owners[key] = owner

    def read(self, key: str) -> Held | None:
        self._interrupt()
        owner = self.owners.get(key)
        return Held(owner, f"etag of {owner}") if owner else None

    def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
        self._interrupt()
        if self.owners.get(key) != (instead_of.owner if instead_of else None):
            return False
        self.owners[key] = owner
        return True


@given(jobs=st.lists(NAMES, min_size=1, max_size=6))
def test_the_first_job_of_a_series_works_and_no_other(jobs: list[str]) -> None:
    store = Store()
    works = [refusal(store, Claim("series"), job) is None for job in jobs]
    assert works == [job == jobs[0] for job in jobs]


@given(holder=NAMES, after=NAMES, own=NAMES)
def test_a_claim_passes_on_from_the_job_that_was_seen_to_have_ended(
    holder: str, after: str, own: str
) -> None:
    store = Store()
    hold(store, "key", holder)
    other = hold(store, "key", own, after)
    assert other == ("" if holder in (after, own) else holder)
    assert store.owners["key"] == (own if not other else holder)


@given(st.lists(st.tuples(st.just("key"), NAMES), max_size=4), NAMES)
def test_whoever_comes_in_between_one_job_holds_the_claim(
    interruptions: list[tuple[str, str]], own: str
) -> None:
    store = Store(interruptions)
    other = hold(store, "key", own)
    assert store.owners["key"] == (other or own)


def test_a_claim_that_somebody_deletes_in_between_is_taken() -> None:
    class Deleted(Store):
        def read(self, key: str) -> Held | None:
            self.owners.pop(key, None)
            return super().read(key)

    store = Deleted()
    store.owners["key"] = "other"
    assert hold(store, "key", "own") == ""


def test_a_claim_that_changes_at_every_look_is_an_error() -> None:
    class Changing(Store):
        def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
            return False

    store = Changing()
    store.owners["key"] = "ended"
    with pytest.raises(RuntimeError, match="changes at every look"):
        hold(store, "key", "own", after="ended")


def test_two_tasks_do_not_make_the_same_date() -> None:
    store = Store()
    first = Claim("m_update_1-aaa-0", date="m_update_1", task="aaa")
    cleared = Claim("m_update_1-aaa-1", date="m_update_1", task="aaa")
    other = Claim("m_update_1-bbb-0", date="m_update_1", task="bbb")
    assert refusal(store, first, "job 1") is None
    assert refusal(store, cleared, "job 2") is None
    refused = refusal(store, other, "job 3")
    assert refused
    assert (refused.is_date, refused.holder) == (True, "aaa")
    assert refused.key == date_key("m_update_1") != series_key("m_update_1")


def test_jobs_of_two_versions_of_the_code_compete_for_the_same_keys() -> None:
    assert series_key("m_update_1-aaa-0") == "claims/m_update_1-aaa-0"
    assert date_key("m_update_1") == "claims/dates/m_update_1"
    claim = Claim("m_update_1-aaa-0", after="job 1", date="m_update_1", task="aaa")
    assert {name: json.loads(text) for name, text in claim.to_environment().items()} == {
        "EMMAA_CLAIM": {
            "series": "m_update_1-aaa-0",
            "after": "job 1",
            "date": "m_update_1",
            "task": "aaa",
        }
    }


@given(st.builds(Claim, NAMES, NAMES, NAMES, NAMES))
def test_a_claim_passes_through_the_environment(claim: Claim) -> None:
    assert Claim.from_environment(claim.to_environment()) == claim
    assert Claim.from_environment({}) is None


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"serie": "a"}', json.dumps({"after": "a"})])
def test_a_malformed_claim_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"EMMAA_CLAIM is .*Unset it to run a job by hand"):
        Claim.from_environment({"EMMAA_CLAIM": text})
