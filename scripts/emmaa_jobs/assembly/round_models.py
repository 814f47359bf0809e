"""A round's model types, assembled to see that they can be, and exported."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from emmaa_jobs.exports import ExportPlan, Exports, ExportSource
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model_types import AssembledModel, assemble

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.assembly import Assembled
    from emmaa_jobs.model.config_file import ConfigFile

logger = logging.getLogger(__name__)


@dataclass
class RoundModels:
    """A round's models by type, and the exports made of them.

    :param left_out: statements, types and formats that the round does without
    :param exports: the files that are made of the models
    :param unassembled: the types that cannot be assembled, and why
    """

    config_file: ConfigFile
    date_str: str
    left_out: LeftOutList = field(default_factory=LeftOutList)
    exports: Exports = field(default_factory=Exports)
    unassembled: dict[str, str] = field(default_factory=dict)

    def make(self, assembled: Assembled, plan: ExportPlan) -> None:
        """Assemble each of the config's model types and make the files of it.

        :raises Exception: if no type can be assembled, all for the same fault: it is the job's
            own, or the installation's.
        """
        faults = []
        mc_types = self.config_file.config.test.mc_types
        for mc_type in mc_types:
            statements = assembled.dynamic if mc_type == "dynamic" else assembled.main
            model = self._assembled(mc_type, statements or [])
            if isinstance(model, Failed):
                faults.append(model.error)
                self._leave_out_type(mc_type, model.reason, plan)
            else:
                self._leave_out_statements(model)
                plan.make(ExportSource(model, self.config_file.model, self.date_str), self.exports)
        if faults and len(faults) == len(mc_types) and len(set(self.unassembled.values())) == 1:
            raise faults[0]
        for name, reason in {**plan.faults, **self.exports.left_out}.items():
            self.left_out.add("export", name, reason)

    def _assembled(self, mc_type: str, statements: Sequence[Statement]) -> AssembledModel | Failed:
        started = time.monotonic()
        model = attempt(partial(assemble, mc_type, statements, self.config_file.config))
        logger.info("%s assembled in %.1f s", mc_type, time.monotonic() - started)
        return model

    def _leave_out_type(self, mc_type: str, reason: str, plan: ExportPlan) -> None:
        self.unassembled[mc_type] = reason
        self.left_out.add("model type", mc_type, reason)
        for name in plan.formats_of(mc_type):
            self.exports.left_out[name] = f"the {mc_type} model cannot be assembled"

    def _leave_out_statements(self, model: AssembledModel) -> None:
        for found in model.left_out:
            self.left_out.add("statement", found.item, found.reason, model.mc_type)
