"""The statements that a preassembly merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indra.statements import Statement


@dataclass(frozen=True)
class Merged:
    """Equal statements, and what a preassembly made of them.

    :param key: INDRA's ``matches_key``, which equal statements share; a preassembly orders by it
    :param sources: the ids of the statements
    """

    key: str
    sources: Sequence[str]
    statement: Statement


@dataclass
class Preassembled:
    """Everything that the preassemblies of one assembly merged."""

    merged: list[Merged] = field(default_factory=list)

    def note(self, key: str, equal: Sequence[Statement], statement: Statement) -> None:
        """Note what equal statements were merged into."""
        self.merged.append(Merged(key, [each.uuid for each in equal], statement))


def group_numbers(statements: Sequence[Statement]) -> list[int]:
    """Return for each statement the number of its group.

    Statements that refine each other, directly or by others, are a group.

    :raises KeyError: if one is linked with a statement that is not among them.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number_of = {id(statement): number for number, statement in enumerate(statements)}
    links = [
        (number, number_of[id(linked)])
        for number, statement in enumerate(statements)
        for linked in statement.supports
    ]
    ends = ([start for start, _ in links], [end for _, end in links])
    shape = (len(statements), len(statements))
    graph = coo_array(([True] * len(links), ends), shape=shape)
    _, numbers = connected_components(graph, directed=False)
    return [int(number) for number in numbers]
