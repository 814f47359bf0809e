"""A job killed at any of its writes leaves what was there, and another attempt ends well."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import URL

from emmaa_jobs.bucket import Bucket
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world
from tests.jobs.one_cycle import DAYS, Job, State, config, jobs, prepare
from tests.jobs.write_points import Killed, WritePoints

LAST_DAY = len(DAYS) - 1
JOBS = {job.name: job for job in jobs(LAST_DAY)}


@dataclass
class Story:
    """The states of the bucket and databases around one job.

    :param before: the state before it
    :param after: the state after it, without a fault
    :param points: its write points, in order
    :param killed: the states after it was killed at its first write, at its second, …
    :param again: the state after each of these when another attempt has finished
    """

    job: Job
    before: State
    after: State
    points: list[str]
    killed: list[State] = field(default_factory=list)
    again: list[State] = field(default_factory=list)


class World:
    """Bucket and databases, which can be put back to an earlier state."""

    def __init__(self, bucket: Bucket, postgres: PostgresServer, url: URL) -> None:
        self.bucket, self._postgres, self._url = bucket, postgres, url

    def keep(self, name: str) -> State:
        """Record the current state under a name."""
        self._postgres.copy(self._url, self._kept(name))
        return State.of(self.bucket)

    def put_back(self, state: State, name: str) -> None:
        """Make everything as it was when this state was kept."""
        now = State.of(self.bucket).objects
        for key in now.keys() - state.objects.keys():
            self.bucket.client.delete_object(Bucket=self.bucket.name, Key=key)
        for key, content in state.objects.items():
            if now.get(key) != content:
                self.bucket.client.put_object(Bucket=self.bucket.name, Key=key, Body=content)
        self._postgres.copy(self._kept(name), self._url)

    def _kept(self, name: str) -> URL:
        return self._url.set(database=f"{self._url.database}_{name}")


@pytest.fixture(scope="module")
def stories(postgres: PostgresServer) -> Iterator[dict[str, Story]]:
    """Run the model's last day, with each of its jobs killed at each of its writes."""
    url = postgres.unmade_database()
    with empty_world(url) as bucket:
        prepare(bucket, config("signed_graph", "dynamic", export_formats=["indranet"]))
        for job in itertools.chain.from_iterable(jobs(day) for day in range(LAST_DAY)):
            job.run()
        world = World(bucket, postgres, url)
        yield {name: _story(world, job) for name, job in JOBS.items()}


def _story(world: World, job: Job) -> Story:
    before, points = world.keep("before"), WritePoints()
    with points.watched():
        job.run()
    story = Story(job, before, world.keep("after"), points.passed)
    for fatal in itertools.count(1):
        world.put_back(before, "before")
        try:
            with WritePoints(fatal).watched():
                job.run()
            break
        except Killed:
            story.killed.append(State.of(world.bucket))
        job.run()
        story.again.append(State.of(world.bucket))
    world.put_back(story.after, "after")
    return story


@pytest.fixture(params=list(JOBS))
def story(request: pytest.FixtureRequest, stories: dict[str, Story]) -> Story:
    return stories[request.param]


def test_each_write_is_tried(story: Story) -> None:
    assert len(story.killed) == len(story.points) > 0
    assert story.killed[0] == story.before
    assert story.after != story.before


def test_each_object_is_as_before_or_as_after(story: Story) -> None:
    for left in story.killed:
        assert left.objects.keys() >= story.before.objects.keys()
        for key, content in left.objects.items():
            assert content in (story.before.objects.get(key), story.after.objects[key]), key


def test_each_table_is_as_before_or_as_after(story: Story) -> None:
    for left in story.killed:
        for table, rows in left.rows.items():
            assert rows in (story.before.rows[table], story.after.rows[table]), table


def test_another_attempt_ends_as_if_nothing_had_been(story: Story) -> None:
    assert len(story.again) == len(story.killed)
    for state in story.again:
        assert state == story.after


@pytest.mark.parametrize("name", ["update", "manager"])
def test_what_starts_the_next_stage_is_written_last(stories: dict[str, Story], name: str) -> None:
    """The overview comes after it: it says what is done and starts nothing."""
    story = stories[name]
    *_, trigger_point, overview_point, copies_point = story.points
    assert trigger_point.startswith(f"PutObject {story.job.trigger}")
    assert overview_point.startswith("PutObject overview/")
    assert copies_point.startswith("PutObject overview_by_model/")
    new = story.after.objects.keys() - story.before.objects.keys()
    (trigger,) = (key for key in new if key.startswith(story.job.trigger))
    assert not any(trigger in left.objects for left in story.killed[:-2])


def test_each_job_writes_the_overview_last(story: Story) -> None:
    """So a round is never said to be done that is not."""
    places = [point.split()[-1].split("/")[0] for point in story.points]
    assert places.index("overview") == len(places) - 2
    assert places[-1] == "overview_by_model"


def test_the_manager_s_writes_are_in_the_documented_order(stories: dict[str, Story]) -> None:
    objects = [point.split()[-1].split("/") for point in stories["manager"].points]
    places = [parts[0] if len(parts) > 1 else "database" for parts in objects]
    order = [place for place, _ in itertools.groupby(places)]
    assert order == [
        "assembled", "exports", "assembled", "database", "results", "overview",
        "overview_by_model",
    ]  # fmt: skip


def test_what_rounds_have_in_common_changes_when_all_of_the_round_is_there(
    stories: dict[str, Story],
) -> None:
    story = stories["manager"]
    new = story.after.objects.keys() - story.before.objects.keys()
    dated = {key for key in new if not key.startswith((story.job.trigger, "overview"))}
    assert {key.split("/")[0] for key in dated} == {"assembled", "exports"}
    early = [left for left in story.killed if not dated <= left.objects.keys()]
    late = [left for left in story.killed if left not in early]
    assert early
    for left in early:
        assert left.rows == story.before.rows
        for key, content in story.before.objects.items():
            assert left.objects[key] == content, key
    # What is left open is two pairs of latest files and the rows, then manager and both overviews.
    assert len(late) == 4 + len([p for p in story.points if not p.startswith("PutObject")]) + 3
