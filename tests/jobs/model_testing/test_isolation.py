"""The smallest unit fails alone: a statement of a corpus, a test, a path, a model type."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from indra.statements import Activation, Agent, Phosphorylation, Statement

from emmaa_cycle.exit_codes import EXIT_DONE, EXIT_UNAVAILABLE
from emmaa_cycle.model_config import PATH_MODEL_TYPES
from emmaa_cycle.s3_layout import left_out_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.explanation import RESULT_TEXT, Explainer
from emmaa_jobs.model_testing import examiner
from emmaa_jobs.model_types import influence_map
from emmaa_jobs.model_types.checker import Checker
from emmaa_jobs.rule_models.kappa import KappaLimitError
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from run_model_tests_from_s3 import main
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round
from tests.jobs.model_testing.textbook_run import FALSE, RESULTS, TRUE, run

FLAGS = ["-m", "rasmodel", "-t", "textbook_tests"]
DIRECT = Activation(agent("BRAF"), agent("MAP2K1"))
NOT_HANDLED = "Statement type not handled"


def left_out(bucket: Bucket) -> list[tuple[str, str, str]]:
    document = bucket.read_json(left_out_key("rasmodel", "tests_textbook_tests", ROUND))
    return [(item["kind"], item["item"], item["reason"]) for item in document["items"]]


def failing_for(test: Statement, error: BaseException) -> Any:
    check = Checker.check_statement

    def check_statement(self: Checker, stmt: Statement, *args: Any, **options: Any) -> Any:
        if stmt.matches(test):
            raise error
        return check(self, stmt, *args, **options)

    return check_statement


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Nonsense"},
        {"type": "Statement"},
        {"type": "Agent", "name": "BRAF"},
        {"type": ["Activation"]},
        {"type": "Activation", "obj": 3},
        {"type": "Gef", "ras": {"name": "KRAS"}},
        {},
        None,
        "text",
    ],
)
def test_a_test_that_is_no_statement_costs_itself(bucket: Bucket, wrong: Any) -> None:
    save_round(bucket)
    bucket.write_json("tests/textbook_tests.json.gz", [wrong, DIRECT.to_json()])
    assert main(FLAGS).endswith("1 tests applied; passed: signed_graph 1; left out: 1 test")
    ((kind, _, reason),) = left_out(bucket)
    assert kind == "test"
    assert reason.startswith("no test: ")


@pytest.mark.parametrize(
    "error",
    [KeyError("node"), RecursionError("too deep"), ValueError("odd"), AssertionError()],
    ids=repr,
)
def test_whatever_one_test_raises_costs_its_result(
    error: Exception, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_round(bucket, mc_types=["signed_graph", "unsigned_graph"])
    save_corpus(bucket, [FALSE, DIRECT], name="textbook_tests")
    monkeypatch.setattr(Checker, "check_statement", failing_for(FALSE, error))
    assert run_job(main, FLAGS) == EXIT_DONE
    _, failed, answered = bucket.read_json(RESULTS)
    for mc_type in ("signed_graph", "unsigned_graph"):
        assert answered[mc_type]["result_json"]["result_code"] == "PATHS_FOUND"
        assert "reason" not in answered[mc_type]
        assert failed[mc_type]["result_code"] == NOT_HANDLED
        assert failed[mc_type]["result_json"]["result_code"] == "STATEMENT_TYPE_NOT_HANDLED"
        assert failed[mc_type]["result_json"]["path_found"] is False
        assert failed[mc_type]["path_json"] == []
        assert failed[mc_type]["reason"] == f"{type(error).__name__}: {error}"
    listed = left_out(bucket)
    assert [(kind, item) for kind, item, _ in listed] == [
        ("result", "Activation(MAPK1(), EGF()) by the signed_graph model"),
        ("result", "Activation(MAPK1(), EGF()) by the unsigned_graph model"),
    ]
    make_corpus_stats(bucket, "rasmodel", "textbook_tests", ROUND)
    stats = bucket.read_json(f"stats/rasmodel/test_stats_textbook_tests_{ROUND}.json")
    verdicts = stats["test_round_summary"]["all_test_results"][str(FALSE.get_hash())]
    assert verdicts["signed_graph"] == ["n_a", NOT_HANDLED]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (MemoryError(), MemoryError),
        (ResourcesError("no ontology"), ResourcesError),
    ],
)
def test_what_concerns_all_tests_stops_the_job(
    error: Exception, raised: type[Exception], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_round(bucket)
    save_corpus(bucket, [FALSE, DIRECT], name="textbook_tests")
    monkeypatch.setattr(Checker, "check_statement", failing_for(FALSE, error))
    with pytest.raises(raised):
        main(FLAGS)


def test_an_outage_is_worth_another_attempt(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_round(bucket)
    save_corpus(bucket, [FALSE, DIRECT], name="textbook_tests")
    lost = EndpointConnectionError(endpoint_url="https://s3")
    monkeypatch.setattr(Checker, "check_statement", failing_for(FALSE, lost))
    assert run_job(main, FLAGS) == EXIT_UNAVAILABLE


def test_a_test_without_end_is_given_up(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Checker.check_statement

    def endless(self: Checker, stmt: Statement, *args: Any, **options: Any) -> Any:
        while stmt.matches(FALSE):
            try:
                for _ in itertools.count():
                    time.sleep(0.01)
            except Exception:  # noqa: BLE001 - as a library might, once
                break
        while stmt.matches(FALSE):
            time.sleep(0.01)
        return check(self, stmt, *args, **options)

    monkeypatch.setattr(Checker, "check_statement", endless)
    monkeypatch.setattr(examiner, "TEST_SECONDS", 0.2)
    save_round(bucket)
    save_corpus(bucket, [FALSE, DIRECT], name="textbook_tests")
    _, failed, answered = run(bucket)
    assert failed["signed_graph"]["reason"] == "it took longer than 0.2 s"
    assert answered["signed_graph"]["result_json"]["path_found"]


def test_a_model_type_that_is_slow_for_many_tests_is_given_up(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def endless(self: Checker, stmt: Statement, *_: Any, **__: Any) -> Any:
        asked.append(stmt)
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(Checker, "check_statement", endless)
    monkeypatch.setattr(examiner, "TEST_SECONDS", 0.05)
    monkeypatch.setattr(examiner, "MAX_TIMEOUTS", 2)
    save_round(bucket)
    save_corpus(bucket, [FALSE, DIRECT, TRUE], name="textbook_tests")
    reasons = [entry["signed_graph"]["reason"] for entry in run(bucket)[1:]]
    assert len(asked) == 2
    assert reasons[2] == "not asked, because 2 tests took longer than 0.05 s"


def test_a_path_that_cannot_be_put_into_words_costs_its_words(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanation = Explainer._explanation

    def failing(self: Explainer, path: Any) -> Any:
        if path[0][0] == "EGF":
            raise KeyError("a sentence")
        return explanation(self, path)

    monkeypatch.setattr(Explainer, "_explanation", failing)
    save_round(bucket, test={"statement_checking": {"max_path_length": 10}})
    save_corpus(bucket, [TRUE, DIRECT], name="textbook_tests")
    _, wordless, other = (entry.get("signed_graph", {}) for entry in run(bucket))
    assert other["path_json"]
    assert wordless["result_json"]["path_found"] is True
    assert wordless["result_code"] == "Path found but not reconstructed"
    assert wordless["reason"] == "a path cannot be put into words: KeyError: 'a sentence'"


def test_a_model_type_costs_itself(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise KappaLimitError("Kappa needs more than 1 MB")

    monkeypatch.setattr(influence_map, "_influence_map", full)
    save_round(bucket, mc_types=["pysb", "signed_graph"])
    save_corpus(bucket, [DIRECT], name="textbook_tests")
    _, entry = run(bucket)
    assert entry["signed_graph"]["result_json"]["path_found"]
    reason = "the pysb model cannot be made: Kappa needs more than 1 MB"
    assert (entry["pysb"]["result_code"], entry["pysb"]["reason"]) == (NOT_HANDLED, reason)
    assert left_out(bucket) == [("model type", "pysb", reason)]

    save_round(bucket, mc_types=["pysb"])
    with pytest.raises(KappaLimitError, match="needs more than 1 MB"):
        main(FLAGS)


@pytest.mark.parametrize("entity", [{}, {"name": None}, {"name": ["BRAF"]}])
def test_an_entity_without_a_name_is_none(bucket: Bucket, entity: dict[str, Any]) -> None:
    record = save_round(bucket, mc_types=["signed_graph"])
    replace(record, entities=[entity, *record.entities]).save(bucket)
    save_corpus(bucket, [DIRECT], name="textbook_tests")

    _, entry = run(bucket)

    assert entry["signed_graph"]["result_json"]["path_found"]


def test_a_type_that_the_manager_could_not_assemble_has_its_reason(bucket: Bucket) -> None:
    record = save_round(bucket, mc_types=["pybel", "signed_graph"])
    replace(record, unassembled={"pybel": "KeyError: 'x'"}).save(bucket)
    save_corpus(bucket, [DIRECT], name="textbook_tests")

    _, entry = run(bucket)

    assert entry["signed_graph"]["result_json"]["path_found"]
    reason = "the pybel model cannot be assembled: KeyError: 'x'"
    assert (entry["pybel"]["result_code"], entry["pybel"]["reason"]) == (NOT_HANDLED, reason)
    assert not [*bucket.keys("left_out/")]  # operators heard of it from the manager


def test_a_state_that_pysb_cannot_observe_costs_its_test(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indra.explanation.model_checker import PysbModelChecker

    odd = Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "222")
    patterns = PysbModelChecker.get_all_mps

    def failing(self: Any, agents: list[Agent], **options: Any) -> Any:
        if any(mod.position == "222" for each in agents for mod in each.mods):
            raise ValueError("Invalid site name: ''")
        return patterns(self, agents, **options)

    monkeypatch.setattr(PysbModelChecker, "get_all_mps", failing)
    save_round(bucket, mc_types=["pysb"])
    save_corpus(bucket, [odd, DIRECT], name="textbook_tests")
    codes = [entry["pysb"]["result_json"]["result_code"] for entry in run(bucket)[1:]]
    assert codes == ["OBSERVABLES_NOT_FOUND", "PATHS_FOUND"]


def named(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"TEXT": name}}


ODD_TESTS: dict[str, dict[str, Any]] = {
    "an agent named None": {"subj": named("None"), "obj": named("lambda")},
    "a word of Kappa": {"subj": named("INF"), "obj": named("STAT1")},
    "no activity": {"subj": named("KRAS"), "obj": named("BRAF"), "obj_activity": None},
    "an activity without a form in BEL": {
        "subj": named("KRAS"), "obj": named("MDM2"), "obj_activity": "ligase"
    },
    "a gene that INDRA does not know": {
        "subj": {"name": "NEWGENE1", "db_refs": {"HGNC": "59999"}}, "obj": named("BRAF")
    },
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD_TESTS)
def test_odd_statements_are_tested_by_every_model_type(odd: str, bucket: Bucket) -> None:
    fields = {"type": "Activation", "obj_activity": "activity", **ODD_TESTS[odd]}
    document = {key: value for key, value in fields.items() if value is not None}
    known = with_evidence(Activation(agent("EGF"), agent("EGFR")))
    statement = Statement._from_json({**document, "obj_activity": fields["obj_activity"] or "act"})
    if fields["obj_activity"] is None:
        statement.obj_activity = "activity"
    save_round(bucket, [with_evidence(statement), known], mc_types=list(PATH_MODEL_TYPES))
    bucket.write_json("tests/textbook_tests.json.gz", [document, known.to_json()])
    assert run_job(main, FLAGS) == EXIT_DONE
    _, asked, other = bucket.read_json(RESULTS)
    for mc_type in PATH_MODEL_TYPES:
        assert other[mc_type]["result_json"]["result_code"] == "PATHS_FOUND"
        # BEL has no form for what such a test is about; all others can be asked.
        without_form = mc_type == "pybel" and odd == "an activity without a form in BEL"
        assert ("reason" in asked[mc_type]) == without_form
        if without_form:
            reason = "PyBEL cannot express it: it has no term for 'ligase'"
            assert asked[mc_type]["reason"] == reason
        assert asked[mc_type]["result_code"] in RESULT_TEXT.values()
    for mc_type in ("signed_graph", "unsigned_graph"):
        assert asked[mc_type]["result_json"]["result_code"] == "PATHS_FOUND"
        assert asked[mc_type]["path_json"]
