"""A PySB model whose observables are the states of agents that queries name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indra.statements import Agent


class NotInModelError(LookupError):
    """A model has no molecule of an agent's name, or it has not the agent's state."""


class ObservedModel:
    """A copy of a PySB model that observes some agents, each in its state.

    :param model: PySB ``Model`` as INDRA assembles it; it stays as it is
    :param agents: those that the model does not have are left out
    """

    def __init__(self, model: Any, agents: Iterable[Agent]) -> None:
        from copy import deepcopy

        self.model = deepcopy(model)
        self._names: dict[str, str] = {}
        distinct = {agent.matches_key(): agent for agent in agents}
        for key in sorted(distinct):
            pattern = _pattern(self.model, distinct[key])
            if pattern is not None:
                self._names[key] = self._observe(distinct[key], pattern)

    def observable(self, agent: Agent) -> str:
        """Return the name of the observable of an agent's state, made of letters, digits and ``_``.

        :raises NotInModelError: if the model does not have the agent in this state.
        """
        try:
            return self._names[agent.matches_key()]
        except KeyError:
            raise NotInModelError(f"{agent} is not in the model") from None

    def amount(self, agent: Agent) -> str:
        """Return the name of the parameter that is an agent's initial amount, whatever its state.

        :raises NotInModelError: if the model does not have the agent.
        """
        from indra.assemblers.pysb.common import _n

        monomer = self.model.monomers.get(_n(agent.name))
        if monomer is None:
            raise NotInModelError(f"{agent} is not in the model")
        return f"{monomer.name}_0"

    def _observe(self, agent: Agent, pattern: Any) -> str:
        from indra.assemblers.pysb.assembler import get_agent_rule_str
        from pysb import Observable

        # INDRA's short names are not always distinct: they cut types of activity to 3 letters.
        name = base = f"{get_agent_rule_str(agent)}_obs"
        number = 1
        while self.model.components.get(name) is not None:
            number += 1
            name = f"{base}_{number}"
        self.model.add_component(Observable(name, pattern))
        return name


def _pattern(model: Any, agent: Agent) -> Any:
    from indra.assemblers.pysb.assembler import get_monomer_pattern

    try:
        return get_monomer_pattern(model, agent)
    except KeyError:  # a kind of modification that INDRA gives no site to
        return None
