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
    """The statements that a preassembly merged, and their links.

    :param groups: for each merged statement the number of its group; statements that refine each
        other, directly or by others, are a group
    """

    merged: list[Merged] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)

    def note_merged(self, key: str, equal: Sequence[Statement], statement: Statement) -> None:
        """Note what equal statements were merged into."""
        self.merged.append(Merged(key, [each.uuid for each in equal], statement))

    def note_links(self) -> None:
        """Note which statements are linked now: later steps take links away."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        statements = [each.statement for each in self.merged]
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
        self.groups = [int(number) for number in numbers]
