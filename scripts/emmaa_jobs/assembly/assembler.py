"""A model's assembly, as its config describes it."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.assembly.deterministic import settle, stable_preassembly
from emmaa_jobs.assembly.plan import BoundStep, StepContext, bind_steps, step_functions
from emmaa_jobs.assembly.preassembled import Preassembled
from emmaa_jobs.assembly.step_run import PREASSEMBLIES, Merging, run_step
from emmaa_jobs.assembly.support_graph import copy_statements
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.indra_setup.beliefs import quick_priors
from emmaa_jobs.indra_setup.groundings import quick_groundings
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.statements.agent_references import sort_references
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.identity import without_copies

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Assembled:
    """The result of one assembly.

    :param dynamic: the statements of the ``dynamic`` assembly; None if the config has none
    """

    main: list[Statement]
    dynamic: list[Statement] | None = None


@dataclass(frozen=True)
class Assembly:
    """A config's assembly steps, checked and ready to run.

    :param dynamic: the steps that make the simulated model's statements of the assembled ones
    :param left_out: the parts of the steps' arguments that cannot be used
    """

    main: list[BoundStep]
    dynamic: list[BoundStep] | None = None
    left_out: Sequence[LeftOut] = ()

    @classmethod
    def of(cls, config_file: ConfigFile, bucket: Bucket) -> Assembly:
        """Check a config's steps and load what they need.

        :raises ModelConfigError: naming model, key, step and fault.
        """
        config, where = config_file.config, f"{config_file.where}: assembly"
        left_out: list[LeftOut] = []
        common = {"stnames": {term.name for term in config.search_terms}}
        context = StepContext(step_functions(bucket, left_out), common, left_out)
        dynamic = config.assembly.dynamic
        if dynamic is None and "dynamic" in config.test.mc_types:
            raise ModelConfigError(
                f"{where}.dynamic has no steps, but test.mc_types names the type dynamic"
            )
        return cls(
            bind_steps(config.assembly.main, f"{where}.main", context),
            None if dynamic is None else bind_steps(dynamic, f"{where}.dynamic", context),
            left_out,
        )

    def before_preassembly(
        self, raw: Sequence[EmmaaStatement], left_out: LeftOutList
    ) -> list[Statement]:
        """Return what the steps before the first preassembly make of raw statements.

        :param raw: their INDRA statements are used up
        :param left_out: where statements on which a step fails are noted
        """
        steps = list(itertools.takewhile(lambda step: step.name not in PREASSEMBLIES, self.main))
        with quick_groundings():
            return _run_steps(steps, [item.stmt for item in raw], Merging(), left_out)

    def run(
        self,
        raw: Iterable[EmmaaStatement],
        left_out: LeftOutList | None = None,
        *,
        are_unique: bool = False,
        preassembled: Preassembled | None = None,
    ) -> Assembled:
        """Assemble a model's raw statements.

        Equal input gives equal statements in equal order, with equal ids.

        :param raw: their INDRA statements are used up: they may be changed; a generator lets go of
            those that the steps drop
        :param are_unique: whether no raw statement is an exact copy of another
        :param left_out: where statements on which a step fails are noted
        :param preassembled: where it is noted what the preassembly merges and links; None if there
            may be several
        :raises SourceUnavailableError: if a service that a step asks is down.
        """
        noted = LeftOutList() if left_out is None else left_out
        statements = [item.stmt for item in (raw if are_unique else without_copies(raw))]
        raw_ids = {statement.uuid for statement in statements}
        merging = Merging()
        with stable_preassembly(preassembled), quick_priors(), quick_groundings():
            main = _run_steps(self.main, _released(statements), merging, noted)
            settle(main, raw_ids)
            if self.dynamic is None:
                return Assembled(main)
            dynamic = _run_steps(self.dynamic, copy_statements(main), merging, noted)
            settle(dynamic, raw_ids)
        return Assembled(main, dynamic)


def _released(statements: list[Statement]) -> Iterator[Statement]:
    """Yield the statements and empty the list: what the steps drop takes no memory any more."""
    statements.reverse()
    while statements:
        yield statements.pop()


def _run_steps(
    steps: Sequence[BoundStep],
    given: Iterable[Statement],
    merging: Merging,
    left_out: LeftOutList,
) -> list[Statement]:
    statements = list(given)
    for number, step in enumerate(steps):
        started, before = time.monotonic(), len(statements)
        statements = merging.after(step, run_step(step, statements, left_out))
        if number == 0 or not step.name.startswith("filter_"):  # else they are in order
            for statement in statements:
                sort_references(statement.agent_list())
        seconds = time.monotonic() - started
        logger.info("%s: %d -> %d statements, %.1f s", step.name, before, len(statements), seconds)
    return statements
