"""300 schedules of faults: nothing is submitted twice, nothing is lost (issue 4).

``make faults`` runs many more. A schedule that fails is repeated, with its story, by the command
that its message names.
"""

from __future__ import annotations

import pytest

from tests.faults.campaign import Campaign, run_campaign
from tests.faults.simulation import run_schedule

SEEDS = range(1, 301)
#: What must have happened at least once in these schedules, for them to prove anything.
FAULTS = (
    "task killed",
    "task frozen",
    "supervisor killed",
    "triggerer killed",
    "triggerer stopped",
    "triggerer frozen",
    "scheduler killed",
    "worker stopped",
    "worker killed",
    "lambda killed",
    "event lost",
    "clock set",
    "upload of an old round",
    "AWS throttled",
    "AWS lost",
    "AWS refused",
    "AWS unavailable",
    "call to an Airflow that is down",
    "call to an AWS that is away",
    "scheduler hung beside another",
    "triggerer cut off",
    "settings changed",
    "seconds of the database lost",
    "an object restored",
    "two runs of one second",
    "a backfill",
    "a cancelled backfill, cleared",
    "a copy of history",
    "a job without capacity for days",
    "a person: clear while running",
    "a person: clear while deferred",
    "a person: clear while up_for_retry",
    "a person: failed while deferred",
    "a person: success while deferred",
    "a person: delete while running",
    "a person: delete while deferred",
    "a job refused by a claim",
)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return run_campaign(SEEDS, workers=1)


def test_nothing_is_done_twice_and_nothing_is_lost(campaign: Campaign) -> None:
    assert campaign.schedules == len(SEEDS)
    assert not campaign.failed, "\n".join(map(str, campaign.failed[:5]))


def test_every_fault_has_struck(campaign: Campaign) -> None:
    assert [fault for fault in FAULTS if not campaign.happened[fault]] == []


def test_a_seed_gives_the_same_schedule() -> None:
    one, other = run_schedule(7), run_schedule(7)
    assert (one.happened, one.jobs, one.calls) == (other.happened, other.jobs, other.calls)
    assert one.happened.total() > 0
