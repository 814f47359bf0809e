"""Sizes of reaction networks, found before BioNetGen makes them.

Two causes of a network that is too large can be seen in the rules: molecules with many sites, whose
states multiply, and molecules that bind to chains of any length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emmaa_jobs.rule_models.languages import with_whole_products

#: A molecule's sites and their values, bound to nothing.
State = frozenset[tuple[str, Any]]

_NAMED = 3


def states_reached(model: Any, limit: int) -> int:
    """Count the states that single molecules reach by rules without bonds.

    The network has at least so many species.

    :param model: PySB ``Model``
    :param limit: counting stops beyond it
    """
    model = with_whole_products(model)
    steps = [step for step in _steps(model) if step.is_simple]
    by_monomer: dict[str, list[tuple[_Step, int]]] = defaultdict(list)
    for step in steps:
        for place, (monomer, _) in enumerate(step.reactants):
            by_monomer[monomer].append((step, place))
    starts = [molecule for molecule in map(_initial, model.initials) if molecule]
    starts += [made for step in steps if not step.reactants for made in step.made()]
    reached, waiting = set(starts), list(dict.fromkeys(starts))
    while waiting and len(reached) <= limit:
        monomer, state = waiting.pop()
        for step, place in by_monomer[monomer]:
            for found in step.taken_by(place, state):
                if found not in reached:
                    reached.add(found)
                    waiting.append(found)
    return len(reached)


def endless_chain(model: Any) -> list[str]:
    """Return the monomers that bind to chains of any length; empty if none is certain to.

    A molecule continues a chain if it binds one partner by one site and the next by another.
    Only rules count that need no more than molecules in their initial states.
    """
    import networkx as nx

    bonds = {bond for step in _steps(model) for bond in _free_bonds(model, step)}
    chains = nx.DiGraph()
    by_monomer: dict[str, list[_Bond]] = defaultdict(list)
    for bond in bonds:
        by_monomer[bond[0]].append(bond)
    for bond in bonds:
        _, _, partner, entrance = bond
        chains.add_edges_from(
            (bond, onward) for onward in by_monomer[partner] if onward[1] != entrance
        )
    try:
        cycle = nx.find_cycle(chains)
    except nx.NetworkXNoCycle:
        return []
    return sorted({bond[0] for bond, _ in cycle})


def _has_binding(model: Any) -> bool:
    """Return whether any rule makes a bond."""
    return any(
        _is_bond(value)
        for step in _steps(model)
        for _, conditions in step.products
        for value in conditions.values()
    )


def largest_monomers(model: Any) -> str:
    """Say for a message which monomers have most combinations of states."""
    sizes = sorted((-_combinations(each), each.name, each) for each in model.monomers)[:_NAMED]
    named = ", ".join(
        f"{name} ({len(monomer.sites)} sites, {-size:,} states)" for size, name, monomer in sizes
    )
    binding = " and their bonds multiply species" if _has_binding(model) else ""
    return f"{named} have most states{binding}"


#: Monomer and site, and the partner's.
_Bond = tuple[str, str, str, str]


@dataclass
class _Step:
    """One direction of a rule.

    :param reactants: (monomer, conditions) of each molecule on the left
    :param is_simple: whether no molecule is bound, before or after
    :param matched: by place, the states met so far that the rule applies to
    """

    reactants: list[tuple[str, Mapping[str, Any]]]
    products: list[tuple[str, Mapping[str, Any]]]
    is_simple: bool
    matched: dict[int, list[State]] = field(default_factory=lambda: defaultdict(list))

    def taken_by(self, place: int, state: State) -> Iterator[tuple[str, State]]:
        """Yield what follows if a molecule in a new state is there."""
        values = dict(state)
        if any(values.get(site) != value for site, value in self.reactants[place][1].items()):
            return
        first = not self.matched[place]
        self.matched[place].append(state)
        if not all(self.matched[each] for each in range(len(self.reactants))):
            return
        if first:  # now the rule can happen: also to those that had waited for this one
            yield from self.made()
            for other, states in list(self.matched.items()):
                for each in states:
                    yield from self._changed(other, each)
        else:
            yield from self._changed(place, state)

    def made(self) -> Iterator[tuple[str, State]]:
        """Yield the molecules that appear on the right alone."""
        for place, (monomer, conditions) in enumerate(self.products):
            if not self._continues(place):
                yield monomer, frozenset(conditions.items())

    def _changed(self, place: int, state: State) -> Iterator[tuple[str, State]]:
        if self._continues(place):
            monomer, conditions = self.products[place]
            yield monomer, frozenset({**dict(state), **conditions}.items())

    def _continues(self, place: int) -> bool:
        both = place < len(self.reactants) and place < len(self.products)
        return both and self.reactants[place][0] == self.products[place][0]


def _steps(model: Any) -> Iterator[_Step]:
    for rule in model.rules:
        sides = [_molecules(rule.reactant_pattern), _molecules(rule.product_pattern)]
        simple = all(_is_free(side) for side in sides)
        left, right = ([molecule for group in side for molecule in group] for side in sides)
        yield _Step(left, right, simple)
        if rule.is_reversible:
            yield _Step(right, left, simple)


def _molecules(pattern: Any) -> list[list[tuple[str, Mapping[str, Any]]]]:
    return [
        [(each.monomer.name, each.site_conditions) for each in group.monomer_patterns]
        for group in pattern.complex_patterns
        if group is not None
    ]


def _is_free(side: list[list[tuple[str, Mapping[str, Any]]]]) -> bool:
    return all(
        len(group) == 1
        and all(value is None or isinstance(value, str) for value in group[0][1].values())
        for group in side
    )


def _initial(initial: Any) -> tuple[str, State] | None:
    molecules = _molecules_of(initial.pattern)
    if len(molecules) != 1:
        return None
    monomer, conditions = molecules[0]
    return monomer, frozenset(conditions.items())


def _molecules_of(pattern: Any) -> list[tuple[str, Mapping[str, Any]]]:
    from pysb.core import as_complex_pattern

    found = as_complex_pattern(pattern).monomer_patterns
    return [(each.monomer.name, each.site_conditions) for each in found]


def _free_bonds(model: Any, step: _Step) -> Iterable[_Bond]:
    """Return the bond that a rule makes between two molecules in their initial states."""
    starts = dict(found for found in map(_initial, model.initials) if found)
    made = [_new_bond(step, place, starts) for place in range(2)]
    if len(step.reactants) != 2 or len(step.products) != 2 or not all(made):
        return []
    (one, its_site), (other, other_site) = (each for each in made if each)
    return [(one, its_site, other, other_site), (other, other_site, one, its_site)]


def _new_bond(step: _Step, place: int, starts: Mapping[str, State]) -> tuple[str, str] | None:
    if place >= len(step.reactants) or place >= len(step.products):
        return None
    (monomer, before), (same, after) = step.reactants[place], step.products[place]
    sites = [site for site, value in after.items() if _is_bond(value) and before.get(site) is None]
    if monomer != same or len(sites) != 1 or sites[0] not in before:
        return None
    start = dict(starts.get(monomer, ()))
    needs = {site: value for site, value in before.items() if site != sites[0]}
    as_at_first = all(isinstance(v, str) and start.get(site) == v for site, v in needs.items())
    return (monomer, sites[0]) if as_at_first else None


def _is_bond(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, tuple) and isinstance(value[1], int))


def _combinations(monomer: Any) -> int:
    number = 1
    for site in monomer.sites:
        number *= max(len(monomer.site_states.get(site, ())), 2)
    return number
