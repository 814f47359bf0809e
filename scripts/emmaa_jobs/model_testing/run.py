"""Running the tests of one corpus on one round of a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import PATH_MODEL_TYPES, PathLimits
from emmaa_jobs.model_testing.applicability import connector
from emmaa_jobs.model_testing.filters import NodeFilter, edge_filter, node_filter
from emmaa_jobs.model_testing.results import Checked, TestRound
from emmaa_jobs.model_testing.tests import applicable_tests, distinct_tests
from emmaa_jobs.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig
    from emmaa_jobs.manager_record import ManagerRecord
    from emmaa_jobs.model_types.assembled_model import EdgeFilter
    from emmaa_jobs.test_corpus import TestCorpus

#: The original's limits for tests (emmaa-facts, section 2).
DEFAULT_LIMITS = PathLimits(max_path_length=5, max_paths=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """How a config has one corpus tested.

    :param allow_direct: whether a single edge is an explanation
    """

    node_filter: NodeFilter | None
    edge_filter: EdgeFilter | None
    allow_direct: bool

    @classmethod
    def of(cls, config: ModelConfig, corpus: str) -> Rules:
        """Read a config's rules for a corpus.

        :raises InputError: if it names a filter that does not exist.
        """
        test = config.test
        return cls(
            node_filter(test, corpus),
            edge_filter(test, corpus),
            test.direct_paths.get(corpus, True),
        )


def run_tests(
    record: ManagerRecord,
    load_statements: Callable[[], list[Statement]],
    corpus_name: str,
    corpus: TestCorpus,
) -> TestRound:
    """Test a round against a corpus.

    :param record: the round's manager
    :param load_statements: gives the round's assembled statements; called only if there is
        anything to test
    :raises InputError: if the config names an unknown filter, or a test is no statement.
    """
    config = record.model_config
    rules = Rules.of(config, corpus_name)
    tests = distinct_tests(corpus, corpus_name)
    applied = applicable_tests(tests, connector(config.test.test_connector, record.entities))
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
    )
    if applied:
        statements = load_statements()
        for mc_type in mc_types:
            done.checked[mc_type] += _check(record, mc_type, statements, applied, rules)
    return done


def _check(
    record: ManagerRecord,
    mc_type: str,
    statements: Sequence[Statement],
    tests: list[Statement],
    rules: Rules,
) -> list[Checked]:
    from emmaa_jobs.explanation import Explainer
    from emmaa_jobs.model_types import assemble
    from emmaa_jobs.model_types.path_result import Flattener

    config = record.model_config
    limits = config.test.statement_checking.limits(mc_type, DEFAULT_LIMITS)
    model = assemble(mc_type, statements, config)
    checker = model.checker(tests, rules.edge_filter)
    nodes = checker.update_filter_func(rules.node_filter)
    explainer = Explainer(model, record.model, day_of(record.date_str))
    flatten = Flattener()
    done = []
    for test in progress(tests, f"{mc_type} tests", "test"):
        try:
            result = checker.check_statement(
                test,
                limits.max_paths,
                limits.max_path_length,
                node_filter_func=nodes,
                allow_direct=rules.allow_direct,
            )
            done.append(Checked(flatten(result), explainer.explain(result.paths)))
        except Exception as error:
            error.add_note(f"while the {mc_type} model was asked for {test}")
            raise
    return done
