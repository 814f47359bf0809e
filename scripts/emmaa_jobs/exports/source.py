"""The model and the round that exports are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError

if TYPE_CHECKING:
    from emmaa_jobs.model_types import AssembledModel

_ADVICE = (
    "leave statements out by more filters in assembly.main of config.json, or take the format"
    " out of export_formats"
)


@dataclass
class ExportSource:
    """One of a round's models, and what several formats make of it.

    :param assembled: stays as it is
    :param model: the model's short name
    :param date_str: the round's ``<dt>``
    """

    assembled: AssembledModel
    model: str
    date_str: str
    _refused: InputError | None = field(default=None, init=False)

    @property
    def title(self) -> str:
        """The title that the file shows."""
        return f"EMMAA model {self.model}, round {self.date_str}"

    @property
    def network(self) -> Any:
        """The PySB model with the species and reactions that its rules lead to.

        :raises InputError: if the network does not end or is too large; BioNetGen is asked once.
        """
        if self._refused:
            raise self._refused
        try:
            return self._network
        except InputError as error:
            self._refused = error
            raise

    @cached_property
    def _network(self) -> Any:
        from copy import deepcopy

        from emmaa_jobs.simulation.network import add_network

        model = deepcopy(self.assembled.model)
        add_network(model, _ADVICE)
        return model
