"""Serving what there is, and refreshing it behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread

from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.refreshing import FRESH_SECONDS, RETRY_SECONDS, Refreshing
from emmaa_airflow.page.snapshot import ModelParts, Snapshot

WAIT = 60.0


class Source:
    """A bucket that answers on demand."""

    def __init__(self) -> None:
        self.reads = 0
        self.may_end = Event()
        self.may_end.set()
        self.begun = Event()
        self.fault = ""

    def read(self, publish: Callable[[Snapshot], None]) -> None:
        self.reads += 1
        number = self.reads
        self.begun.set()
        assert self.may_end.wait(WAIT)
        if self.fault:
            raise BucketFaultError(self.fault)
        publish(Snapshot((ModelParts(f"read {number}"),), datetime.now(UTC)))


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.source = Source()
        self.page = Refreshing(self.source.read, lambda: self.now)

    def shown(self) -> str:
        snapshot = self.page.look(wait=WAIT).snapshot
        return snapshot.models[0].model if snapshot else ""

    def settle(self) -> None:
        """Wait until nobody reads any more."""
        thread = self.page._thread
        if thread:
            thread.join(WAIT)


def test_the_first_look_waits_and_the_next_ones_do_not_read() -> None:
    world = World()
    assert [world.shown(), world.shown()] == ["read 1", "read 1"]
    world.settle()
    assert world.source.reads == 1


def test_an_old_snapshot_is_shown_at_once_and_refreshed_behind() -> None:
    world = World()
    world.shown()
    world.settle()
    world.now += FRESH_SECONDS + 1
    world.source.may_end.clear()
    seen = world.page.look(wait=0)
    assert seen.refreshing
    assert world.shown() == "read 1"
    world.source.may_end.set()
    world.settle()
    assert world.shown() == "read 2"


def test_many_requests_make_one_read() -> None:
    world = World()
    world.source.may_end.clear()
    looks = [Thread(target=world.shown) for _ in range(20)]
    for look in looks:
        look.start()
    assert world.source.begun.wait(WAIT)
    world.source.may_end.set()
    for look in looks:
        look.join(WAIT)
    world.settle()
    assert world.source.reads == 1


def test_a_first_read_that_takes_long_holds_no_request_for_ever() -> None:
    world = World()
    world.source.may_end.clear()
    seen = world.page.look(wait=0.01)
    assert (seen.snapshot, seen.fault, seen.refreshing) == (None, "", True)
    world.source.may_end.set()
    world.settle()
    assert world.shown() == "read 1"


def test_a_bucket_that_cannot_be_read_is_tried_again_and_what_was_known_stays() -> None:
    world = World()
    world.shown()
    world.settle()
    world.source.fault = "no bucket"
    world.page.look(wait=WAIT, fresh=True)
    world.settle()
    seen = world.page.look(wait=WAIT)
    assert (seen.fault, world.shown()) == ("no bucket", "read 1")
    assert world.source.reads == 2
    world.source.fault = ""
    world.now += RETRY_SECONDS + 1
    world.shown()
    world.settle()
    assert world.page.look(wait=WAIT).fault == ""


def test_a_fault_at_the_first_read_is_told_at_once() -> None:
    world = World()
    world.source.fault = "no bucket"
    seen = world.page.look(wait=WAIT)
    assert (seen.snapshot, seen.fault) == (None, "no bucket")
