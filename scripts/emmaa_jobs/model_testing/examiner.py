"""One model type that is asked the tests of a corpus."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import PathLimits
from emmaa_jobs.explanation import Explainer
from emmaa_jobs.explanation.result_codes import MAX_PATHS_ZERO, NOT_HANDLED
from emmaa_jobs.isolation import Failed, TimeLimitError, attempt
from emmaa_jobs.model_testing.filters import (
    NodeFilter,
    allows_direct_paths,
    edge_filter,
    node_filter,
)
from emmaa_jobs.model_testing.results import Checked
from emmaa_jobs.model_types.path_result import Flattener, PathResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig
    from emmaa_jobs.model.manager_record import ManagerRecord
    from emmaa_jobs.model_types.assembled_model import EdgeFilter

#: The original's limits for tests.
DEFAULT_LIMITS = PathLimits(max_path_length=5, max_paths=1)
#: One test may take this long: some hundred times what it takes on 38,000 statements.
TEST_SECONDS = 120.0
#: After so many tests that took longer, the model type answers no more.
MAX_TIMEOUTS = 10


@dataclass(frozen=True)
class Rules:
    """The rules by which a config has one corpus tested.

    :param allow_direct: whether a single edge is an explanation
    """

    node_filter: NodeFilter | None
    edge_filter: EdgeFilter | None
    allow_direct: bool

    @classmethod
    def of(cls, config: ModelConfig, corpus: str) -> Rules:
        """Read a config's rules for a corpus.

        :raises InputError: if it names a filter that does not exist, or a flag is none.
        """
        test = config.test
        return cls(
            node_filter(test, corpus),
            edge_filter(test, corpus),
            allows_direct_paths(test, corpus),
        )


@dataclass
class Examiner:
    """Asks one model type test by test; none takes the others along.

    :param search: finds the paths of a test
    """

    search: Callable[[Statement], PathResult]
    explainer: Explainer
    limits: PathLimits
    _flatten: Flattener = field(default_factory=Flattener)
    _timeouts: int = 0

    @classmethod
    def of(
        cls,
        record: ManagerRecord,
        mc_type: str,
        statements: Sequence[Statement],
        tests: list[Statement],
        rules: Rules,
    ) -> Self:
        """Assemble the model, and all that its tests share."""
        from emmaa_jobs.model_types import assemble

        config = record.model_config
        limits = path_limits(config, mc_type)
        model = assemble(mc_type, statements, config)
        checker = model.checker(tests, rules.edge_filter)
        nodes = checker.update_filter_func(rules.node_filter)
        checker.prepare(nodes)
        search = functools.partial(
            checker.check_statement,
            max_paths=limits.max_paths,
            max_path_length=limits.max_path_length,
            node_filter_func=nodes,
            allow_direct=rules.allow_direct,
        )
        return cls(search, Explainer(model, record.model, day_of(record.date_str)), limits)

    def check(self, test: Statement) -> Checked:
        """Check one test; whatever it raises becomes the reason of its result."""
        if self._timeouts >= MAX_TIMEOUTS:
            reason = f"not asked, because {MAX_TIMEOUTS} tests took longer than {TEST_SECONDS:g} s"
            return unanswered(self.limits, reason)
        checked = attempt(functools.partial(self._checked, test), TEST_SECONDS)
        if not isinstance(checked, Failed):
            return checked
        self._timeouts += isinstance(checked.error, TimeLimitError)
        return unanswered(self.limits, checked.reason)

    def _checked(self, test: Statement) -> Checked:
        result = self.search(test)
        explained = self.explainer.explain(result.paths)
        if result.paths and not explained.found:
            result = replace(result, result_code=MAX_PATHS_ZERO, paths=[])
        return Checked(self._flatten(result), explained.found, "; ".join(explained.faults))


def path_limits(config: ModelConfig, mc_type: str) -> PathLimits:
    """Return the limits of paths that a config sets for the tests of a model type."""
    return config.test.statement_checking.limits(mc_type, DEFAULT_LIMITS)


def unanswered(limits: PathLimits, reason: str) -> Checked:
    """Return the result of a test that the model type could not be asked."""
    result = PathResult(False, NOT_HANDLED, limits.max_paths, limits.max_path_length)
    return Checked(Flattener()(result), [], reason)
