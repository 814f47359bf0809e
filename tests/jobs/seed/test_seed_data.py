"""The demo's data: grounded, plainly made up where it is, and consistent in itself."""

import json
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from indra.belief import load_default_probs
from indra.statements import Agent, Statement

from emmaa_cycle.errors import InputError
from infra.local.seed.bel import GRAPHS, example_statements
from infra.local.seed.catalogue import LAST_DAY, MODELS
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.data.observations import BEL_TESTS, BEL_TESTS_CORPUS, CORPORA
from infra.local.seed.data.papers import Paper
from infra.local.seed.data.people import PEOPLE, QUESTIONS
from infra.local.seed.history import make_corpus
from infra.local.seed.statements import NOTE, ground, make_statement, paper_statements

PAPERS = [paper for model in MODELS for paper in model.papers_until(LAST_DAY)]

#: The PMIDs that PyBEL's example graphs carry.
CITED_BY_THE_GRAPHS = {
    "10855792",
    "11283246",
    "12560433",
    "12855613",
    "26438529",
    "9506953",
    "9639405",
}


@pytest.fixture(scope="module")
def bel_statements() -> list[Statement]:
    return example_statements()


def _texts() -> list[str]:
    tests = [test.text for corpus in CORPORA for test in corpus.tests]
    return [t for p in PAPERS for t in p.texts] + tests + [q.text for q in QUESTIONS if q.paths]


def _grounded(agent: Agent) -> bool:
    return bool({"HGNC", "FPLX", "CHEBI", "GO"} & set(agent.db_refs))


@pytest.mark.parametrize("text", sorted(set(_texts())))
def test_every_fact_is_grounded(text: str) -> None:
    statement = make_statement(parse_fact(text))

    assert all(_grounded(agent) for agent in statement.real_agent_list())
    assert len(statement.real_agent_list()) == 2


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("EGF", ("HGNC", "3229")),
        ("MAPK1", ("HGNC", "6871")),
        ("RAS", ("FPLX", "RAS")),
        ("vemurafenib", ("CHEBI", "CHEBI:63637")),
    ],
)
def test_names_are_grounded_as_the_name_spaces_have_them(
    name: str, identifier: tuple[str, str]
) -> None:
    assert identifier in ground(name).items()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="'ERK7B'"):
        ground("ERK7B")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.paper_id)
def test_own_evidence_names_no_paper_and_says_so(paper: Paper) -> None:
    evidence = [e for statement in paper_statements(paper) for e in statement.evidence]

    assert len(evidence) == len(paper.texts)
    for item in evidence:
        assert item.pmid is None
        assert item.text_refs == {"DEMO": paper.paper_id}
        assert item.text.startswith("Demo sentence: ")
        assert item.annotations["note"] == NOTE
        assert item.source_api in load_default_probs()["rand"]


def test_no_paper_id_is_used_twice() -> None:
    assert [i for i, n in Counter(paper.paper_id for paper in PAPERS).items() if n > 1] == []


def test_the_only_real_references_are_those_of_the_bel_graphs(
    bel_statements: list[Statement],
) -> None:
    own = json.dumps([s.to_json() for p in PAPERS for s in paper_statements(p)])
    cited = {e.pmid for s in bel_statements for e in s.evidence}

    assert "PMID" not in own
    assert cited == CITED_BY_THE_GRAPHS
    for statement in bel_statements:
        assert all(_grounded(agent) for agent in statement.real_agent_list())


def test_reading_the_bel_graphs_leaves_them_as_they_were() -> None:
    from pybel import examples

    def links() -> list[dict[str, Any]]:
        graphs = [getattr(examples, name) for name in GRAPHS]
        return [deepcopy(data) for graph in graphs for *_, data in graph.edges(data=True)]

    before = links()
    example_statements()

    assert any("Species" in link.get("annotations", {}) for link in before)
    assert links() == before


def test_configs_name_corpora_that_are_there() -> None:
    there = {corpus.name for corpus in CORPORA} | {BEL_TESTS_CORPUS}
    for model in MODELS:
        test = model.config.test
        assert set(test.test_corpus) <= there
        assert test.default_test_corpus in test.test_corpus
        assert model.config.title(model.name) != model.name
        assert model.config.description


def test_the_five_models_cover_all_that_the_cycle_can_do() -> None:
    configs = {model.name: model.config for model in MODELS}
    daily = {name for name, config in configs.items() if config.run_daily_update}
    tested = {name for name, config in configs.items() if config.run_daily_tests} - daily
    readers = {pair for name in daily for pair in configs[name].reading.pairs}

    assert daily == {"rasmachine", "skcm"}
    assert tested == {"rasmodel", "bel_examples"}
    assert configs.keys() - daily - tested == {"sandbox"}
    assert readers == {("s3_inbox", reader) for reader in ("indra_json", "trips", "reach")}
    assert [name for name, config in configs.items() if config.make_tests] == ["bel_examples"]
    assert "bel_examples_tests" in configs["rasmachine"].test.test_corpus


def test_papers_arrive_in_a_form_that_their_model_reads() -> None:
    for model in MODELS:
        readers = {reader for _, reader in model.config.reading.pairs}
        assert {paper.reader for day in model.days for paper in day} <= readers


def test_a_corpus_has_tests_that_pass_and_tests_that_fail() -> None:
    for corpus in CORPORA:
        explained = [bool(test.explained) for test in corpus.tests]
        assert any(explained), corpus.name
        assert not all(explained), corpus.name
        assert len(make_corpus(corpus).tests) == len(corpus.tests)


def test_expectations_name_models_that_run_the_test() -> None:
    runs = {model.name: model.config.test.test_corpus for model in MODELS}
    for corpus in CORPORA:
        for test in corpus.tests:
            assert all(corpus.name in runs[model] for model in test.explained), test
    assert all(BEL_TESTS_CORPUS in runs[test.model] for test in BEL_TESTS)


def test_people_and_questions_belong_together() -> None:
    emails = {person.email for person in PEOPLE}
    names = {model.name for model in MODELS}

    assert emails == {"ada@example.org", "grace@example.org", "rosalind@example.org"}
    assert all(set(person.models) <= names for person in PEOPLE)
    assert all(set(question.subscribers) <= emails for question in QUESTIONS)
    assert {question.model for question in QUESTIONS} <= names
