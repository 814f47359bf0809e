"""The contents of the bucket at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.overview.part import Part, Spent


@dataclass(frozen=True)
class ModelParts:
    """The objects of one model.

    :param parts: by :attr:`Part.scope`
    :param spent: what their jobs cost, by the same names
    :param faults: objects that cannot be read, and why
    :param config: of a model without an overview; None if it was not needed or cannot be read
    :param is_read: whether all of it was looked at
    """

    model: str
    parts: Mapping[str, Part] = field(default_factory=dict)
    spent: Mapping[str, Spent] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    config: ModelConfig | None = None
    is_read: bool = True


@dataclass(frozen=True)
class Snapshot:
    """All models, as far as they were read.

    :param models: in the order of their names
    :param at: when the bucket was listed
    """

    models: tuple[ModelParts, ...]
    at: datetime

    @property
    def unread(self) -> int:
        """The number of models that were not read yet."""
        return sum(not model.is_read for model in self.models)
