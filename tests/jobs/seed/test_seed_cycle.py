"""History and two days of the cycle, by the real jobs in this process, against ``expected``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from emmaa_cycle.s3_layout import model_manager_key
from emmaa_jobs.queries.query_types import query_model_hash
from infra.local.report.check import round_keys
from infra.local.seed.catalogue import demo_model
from infra.local.seed.data.corpora import explained_since
from infra.local.seed.data.observations import BEL_TESTS, BEL_TESTS_CORPUS, CORPORA
from infra.local.seed.data.people import QUESTIONS
from infra.local.seed.expected import expected
from infra.local.seed.registrations import make_query
from infra.local.seed.statements import fact_sentence
from tests.jobs.seed.demo_days import ACTIVE, ROUNDS, Day, day, days

__all__ = ["day", "days"]


@pytest.mark.parametrize("model", ACTIVE)
def test_a_day_adds_exactly_the_new_statements(day: Day, model: str) -> None:
    plan, stats = day.expected["models"][model], day.model_stats(model)
    delta = stats["model_delta"]["statements_hashes_delta"]
    sentences = {h: stats["model_summary"]["all_stmts"][h][1] for h in delta["added"]}

    assert sentences == plan["new_statements"]
    assert set(delta["removed"]) == set(plan["removed_statements"])
    if plan["number_of_statements"] is not None:
        assert stats["model_summary"]["number_of_statements"] == plan["number_of_statements"]


@pytest.mark.parametrize("model", ACTIVE)
def test_a_day_makes_every_object_that_the_demo_looks_for(day: Day, model: str) -> None:
    keys = round_keys(model, day.expected["models"][model], ROUNDS[day.number].round_date)

    assert {*keys} <= {*day.bucket.keys("")}


@pytest.mark.parametrize("model", ACTIVE)
def test_a_day_reads_exactly_the_new_papers(day: Day, model: str) -> None:
    delta = day.model_stats(model)["paper_delta"]["raw_paper_ids_delta"]

    assert sorted(delta["added"]) == day.expected["models"][model]["new_papers"]
    assert delta["removed"] == []


@pytest.mark.parametrize("model", ACTIVE)
def test_a_day_applies_and_explains_exactly_the_new_tests(day: Day, model: str) -> None:
    plan = day.expected["models"][model]
    for corpus in plan["corpora"]:
        stats = day.corpus_stats(model, corpus)
        delta = stats["tests_delta"]
        passed = {
            mc: _english(stats, delta[mc]["passed_hashes_delta"]["added"])
            for mc in plan["mc_types"]
        }
        applied = _english(stats, delta["applied_hashes_delta"]["added"])

        assert applied == sorted(plan["newly_applied"][corpus]), corpus
        assert passed == {
            mc: sorted(plan["newly_passed"][corpus].get(mc, [])) for mc in plan["mc_types"]
        }, corpus


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("model", ACTIVE)
def test_each_test_has_the_result_that_the_data_claims(
    days: list[Day], model: str, number: int
) -> None:
    for corpus in CORPORA:
        if corpus.name not in _corpora(model):
            continue
        results = days[number].corpus_stats(model, corpus.name)["test_round_summary"]
        passed = _passed(results["all_test_results"])
        claimed = {
            (fact_sentence(test.text), mc)
            for test in corpus.tests
            for mc, since in explained_since(test.explained.get(model, "")).items()
            if since <= number
        }
        assert passed == claimed, corpus.name


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_test_of_the_bel_graphs_has_the_result_that_the_data_claims(
    days: list[Day], number: int
) -> None:
    results = days[number].corpus_stats("rasmachine", BEL_TESTS_CORPUS)["test_round_summary"]
    claimed = {
        (test.sentence, mc)
        for test in BEL_TESTS
        for mc, since in explained_since(test.explained).items()
        if since <= number
    }

    assert _passed(results["all_test_results"]) == claimed
    assert {r["test"][1] for r in results["all_test_results"].values()} == {
        test.sentence for test in BEL_TESTS if test.applied_since <= number
    }


def test_reports_show_a_mix_of_results(days: list[Day]) -> None:
    for model in ACTIVE:
        for corpus in _corpora(model):
            results = days[1].corpus_stats(model, corpus)["test_round_summary"]
            states = {
                value[0]
                for result in results["all_test_results"].values()
                for mc, value in result.items()
                if mc != "test"
            }
            assert {"Pass", "Fail"} <= states, (model, corpus)


def test_answers_are_news_on_the_expected_day_only(day: Day) -> None:
    wanted = {
        email: {(item["query"], item["model"], mc) for item in items for mc in item["mc_types"]}
        for email, items in day.expected["query_mails"].items()
    }

    assert {email: news for email, news in day.news.items() if news} == wanted


def test_the_first_answers_are_no_news(days: list[Day]) -> None:
    assert not any(days[0].news.values())


def test_exactly_the_expected_mails_are_sent(day: Day) -> None:
    plan = day.expected
    wanted = Counter({address: len(models) for address, models in plan["model_mails"].items()})
    wanted.update(plan["query_mails"].keys())

    assert Counter(mail.to for mail in day.mails) == wanted
    assert len(day.mails) == plan["mails"]


def test_a_models_mail_tells_how_much_is_new(day: Day) -> None:
    for address, models in day.expected["model_mails"].items():
        for model in models:
            plan, title = day.expected["models"][model], demo_model(model).config.title(model)
            [text] = [m.text for m in day.mails if m.to == address and title in m.subject]
            assert f"{len(plan['new_papers'])} publications" in text
            assert f" {len(plan['new_statements'])} new mechanisms" in text


def test_the_query_mail_names_the_questions_with_news(day: Day) -> None:
    for address, items in day.expected["query_mails"].items():
        # A model's mail may name the same sentence, as a test.
        mails = [m for m in day.mails if m.to == address and "your queries" in m.subject]
        texts = [m.text for m in mails]
        matching = [text for text in texts if all(item["query"] in text for item in items)]
        assert len(matching) == 1
        for question in QUESTIONS:
            sentence = make_query(question).english()
            assert (sentence in matching[0]) == (sentence in {item["query"] for item in items})


def test_history_may_notify_nobody(days: list[Day]) -> None:
    bucket = days[0].bucket
    for model in ACTIVE:
        key = model_manager_key(model, ROUNDS[0].round_date)
        metadata = bucket.client.head_object(Bucket=bucket.name, Key=key)["Metadata"]
        assert metadata["emmaa-notify"] == "false"


def test_the_skipped_model_has_no_round(days: list[Day]) -> None:
    keys = [key for key in days[2].bucket.keys("") if "/sandbox/" in key]

    assert {key.partition("/")[0] for key in keys} == {"models", "papers"}


def test_only_questions_with_subscribers_are_answered(days: list[Day]) -> None:
    for question in QUESTIONS:
        key = query_model_hash(make_query(question), question.model)
        rounds = {answer.round_date for answer in days[2].database.results(key)}
        asked = {made.round_date for made in ROUNDS} if question.subscribers else set()
        assert rounds == asked, question


def test_simulated_questions_have_answers_with_plots(days: list[Day]) -> None:
    simulated = [question for question in QUESTIONS if not question.paths]
    answers = {}
    for question in simulated:
        for answer in days[2].database.results(query_model_hash(make_query(question), "rasmodel")):
            [item] = answer.result_json.values()
            key = item["fig_path"].removeprefix("https://emmaa.s3.amazonaws.com/")
            assert days[2].bucket.read_bytes(key).startswith(b"\x89PNG")
            answers[question.text] = item.get("sat_rate", item.get("result"))
    assert answers == {
        "active EGFR is eventually high": 1.0,
        "gefitinib decreases active EGFR": "yes_decrease",
    }


@pytest.mark.parametrize("model_type", ["pysb", "signed_graph", "unsigned_graph"])
def test_egf_acts_on_mapk1_and_not_the_reverse(days: list[Day], model_type: str) -> None:
    results = days[0].corpus_stats("rasmodel", "ras_textbook_tests")["test_round_summary"]
    by_text = {r["test"][1]: r[model_type] for r in results["all_test_results"].values()}
    forward, paths = by_text["EGF activates MAPK1."]
    names = paths[0]["path"].replace("↔", "→").split(" → ")

    assert forward == "Pass"
    assert (names[0], names[-1]) == ("EGF", "MAPK1")
    assert {"EGFR", "SOS1", "MAP2K1"} <= set(names)
    assert by_text["MAPK1 activates EGF."][0] == "Fail"


def _corpora(model: str) -> list[str]:
    corpora: list[str] = expected(1)["models"][model]["corpora"]
    return corpora


def _english(stats: dict[str, Any], hashes: list[str]) -> list[str]:
    results = stats["test_round_summary"]["all_test_results"]
    return sorted(results[h]["test"][1] for h in hashes)


def _passed(results: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (result["test"][1], mc)
        for result in results.values()
        for mc, value in result.items()
        if mc != "test" and value[0] == "Pass"
    }
