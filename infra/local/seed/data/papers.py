"""The demo's papers: plainly made-up sources, each with the facts that a reader found in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from emmaa_cycle.errors import InputError
from infra.local.seed.data.facts import Fact, parse_fact

#: The name space of the papers' ids; no PMID, because there is no paper.
ID_TYPE = "DEMO"
_ID = re.compile(r"demo-\d{4}")

Reader = Literal["indra_json", "trips", "reach"]


@dataclass(frozen=True)
class Paper:
    """One made-up paper, which is one file of reader output.

    :param paper_id: such as ``demo-0101``
    :param reader: the form in which it reaches the inbox
    :param source: the ``source_api`` of its evidence, one that INDRA's belief engine knows
    :param texts: the facts, in the controlled English of :mod:`infra.local.seed.data.facts`
    """

    paper_id: str
    reader: Reader
    source: str
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.paper_id):
            raise InputError(f"paper id {self.paper_id!r} is not of the form demo-0000")

    @property
    def facts(self) -> list[Fact]:
        """The facts, understood."""
        return [parse_fact(text) for text in self.texts]


def indra_json(paper_id: str, *texts: str, source: str = "sparser") -> Paper:
    """Return a paper that arrives as INDRA statement JSON."""
    return Paper(paper_id, "indra_json", source, texts)


def trips(paper_id: str, *texts: str) -> Paper:
    """Return a paper that arrives as a TRIPS extraction knowledge base."""
    return Paper(paper_id, "trips", "trips", texts)


def reach(paper_id: str, *texts: str) -> Paper:
    """Return a paper that arrives as REACH JSON."""
    return Paper(paper_id, "reach", "reach", texts)


def curated(first: int, *texts: str) -> tuple[Paper, ...]:
    """Facts that a person put into a model, each with its own made-up source.

    :param first: the number of the first source
    """
    return tuple(
        Paper(f"demo-{number:04d}", "indra_json", "assertion", (text,))
        for number, text in enumerate(texts, start=first)
    )
