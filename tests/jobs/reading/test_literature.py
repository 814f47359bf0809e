"""One update reads all its sources; a paper or collection that cannot be used costs only itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from indra.statements import Activation

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.interface import Collection, Paper, Read, Search, Window
from emmaa_jobs.reading.literature import ReadingPlan, read_literature
from emmaa_jobs.reading.registry import ReadingPair
from tests.jobs.known_biology import agent, with_evidence

NOW = datetime(2026, 3, 4)
WHOLE = with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))).to_json()
PART = with_evidence(Activation(agent("MAP2K1"), agent("MAPK1"))).to_json()
COLLECTIONS = (
    Collection("broken map", [WHOLE], {}, problem="it is no map"),
    Collection("whole map", [WHOLE], {}),
    Collection("part of a map", [PART], {}, whole=False),
    Collection("map without a usable statement", [{"type": "Nonsense"}], {}),
    Collection("empty map", [], {}),
)


class Papers:
    """A source of two papers, of which one cannot be used, and a reader that fails at the other."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def papers(self, search: Search) -> Iterator[Paper]:
        yield Paper("inbox/a.json", problem="it is empty", problem_kind="file")
        yield Paper("PMID2", paper_id="2")

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        for paper in papers:
            self.given.append(paper.where)
            yield Read(paper, problem="no JSON")


class Maps:
    """A source of whole, partial and broken collections."""

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        yield from COLLECTIONS


def plan(**sources: Any) -> ReadingPlan:
    config_file: Any = None
    window = Window.upto(date(2026, 3, 4))
    return ReadingPlan(config_file, sources.pop("pairs", ()), window, NOW, **sources)


def test_papers_that_cannot_be_used_are_left_out_with_their_reasons(bucket: Bucket) -> None:
    both = Papers()
    found = read_literature(bucket, plan(pairs=[ReadingPair(both, both, "made up")]))
    assert both.given == ["PMID2"]
    left = [(item.kind, item.item, item.reason) for item in found.left_out]
    assert left == [("file", "a.json", "it is empty"), ("paper", "PMID2", "no JSON")]
    assert (found.papers, found.statements) == (0, [])


def test_a_collection_replaces_what_it_brought_only_if_it_is_whole(bucket: Bucket) -> None:
    found = read_literature(bucket, plan(sources=[Maps()]))
    assert found.collections == {"whole map", "empty map"}
    assert len(found.statements) == 2
    assert "broken map" in {item.item for item in found.left_out}
