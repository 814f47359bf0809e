"""Reader output that the project writes is read by INDRA as the statements that were meant."""

import json

import pytest
from indra.sources import reach, trips
from indra.statements import Statement, stmts_from_json

from emmaa_cycle.errors import InputError
from infra.local.seed.catalogue import LAST_DAY, MODELS
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.papers import Paper
from infra.local.seed.data.rasmodel import CURATED
from infra.local.seed.ekb import write_ekb
from infra.local.seed.inbox import write_paper
from infra.local.seed.reach_json import write_reach_json
from infra.local.seed.statements import make_statement, paper_statements

INBOX = [paper for model in MODELS for day in range(LAST_DAY + 1) for paper in model.inbox(day)]


def _read(paper: Paper) -> list[Statement]:
    content = write_paper(paper).decode()
    found: list[Statement]
    if paper.reader == "trips":
        found = trips.process_xml(content).statements
    elif paper.reader == "reach":
        found = reach.process_json_str(content).statements
    else:
        found = stmts_from_json(json.loads(content))
    return found


def _summary(statements: list[Statement]) -> list[tuple[int, str, str, bool]]:
    return sorted(
        (s.get_hash(), e.source_api, e.text, e.epistemics.get("hypothesis", False))
        for s in statements
        for e in s.evidence
    )


@pytest.mark.parametrize("paper", INBOX, ids=lambda paper: paper.paper_id)
def test_a_paper_is_read_as_it_was_meant(paper: Paper) -> None:
    assert _summary(_read(paper)) == _summary(paper_statements(paper))


@pytest.mark.parametrize("paper", INBOX, ids=lambda paper: paper.paper_id)
def test_a_paper_is_written_the_same_each_time(paper: Paper) -> None:
    assert write_paper(paper) == write_paper(paper)


def test_an_ekb_can_say_every_kind_of_fact() -> None:
    facts = [fact for paper in CURATED for fact in paper.facts]
    facts.append(parse_fact("TP53 decreases the amount of MDM2"))
    facts.append(parse_fact("BRAF V600E activates MEK"))

    found = trips.process_xml(write_ekb(facts).decode()).statements

    assert {fact.statement_type for fact in facts} == {type(s).__name__ for s in found}
    assert {s.get_hash() for s in found} == {make_statement(fact).get_hash() for fact in facts}
    assert len(found) == len(facts)


def test_an_ekb_refuses_a_hypothesis() -> None:
    with pytest.raises(InputError, match="KRAS may activate MAPK8"):
        write_ekb([parse_fact("KRAS may activate MAPK8")])


@pytest.mark.parametrize(
    "text",
    ["BRAF phosphorylates MAP2K1", "BRAF V600E activates MAP2K1", "KIT activates BRAF V600E"],
)
def test_reach_json_refuses_what_it_has_no_frame_for(text: str) -> None:
    with pytest.raises(InputError, match=text):
        write_reach_json("demo-0001", [parse_fact(text)])
