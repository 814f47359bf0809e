"""The parts of a PySB model that name a monomer and what is asked or made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def monomer_patterns(model: Any) -> Iterator[Any]:
    """Yield each monomer pattern of a model once, though several rules may share it."""
    found = {}
    reactions = [rule.reactant_pattern for rule in model.rules]
    reactions += [rule.product_pattern for rule in model.rules]
    reactions += [observable.reaction_pattern for observable in model.observables]
    complexes = [part for reaction in reactions for part in reaction.complex_patterns]
    complexes += [initial.pattern for initial in model.initials]
    for part in complexes:
        for pattern in part.monomer_patterns if part is not None else ():
            found[id(pattern)] = pattern
    yield from found.values()
