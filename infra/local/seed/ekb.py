"""Facts as a TRIPS extraction knowledge base (EKB), what the TRIPS reader would hand over.

Only what INDRA's processor reads is written: one EVENT a fact, a TERM for each participant, and
TERMs for modification sites and mutations.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from emmaa_cycle.errors import InputError
from infra.local.seed.data.facts import Entity, Fact
from infra.local.seed.statements import NOTE, ground

_EVENTS = {
    "Activation": "ONT::ACTIVATE",
    "Inhibition": "ONT::INHIBIT",
    "Phosphorylation": "ONT::PHOSPHORYLATION",
    "Dephosphorylation": "ONT::PHOSPHORYLATION",  # undone: see _event
    "Ubiquitination": "ONT::UBIQUITINATION",
    "Complex": "ONT::BIND",
    "IncreaseAmount": "ONT::INCREASE",
    "DecreaseAmount": "ONT::DECREASE",
}
_TERM_TYPES = {
    "HGNC": "ONT::GENE-PROTEIN",
    "FPLX": "ONT::PROTEIN-FAMILY",
    "CHEBI": "ONT::PHARMACOLOGIC-SUBSTANCE",
}


def write_ekb(facts: Sequence[Fact]) -> bytes:
    """One EKB document.

    :raises InputError: for a hypothesis, which TRIPS events do not tell apart.
    """
    root = ET.Element("ekb")
    root.append(ET.Comment(f" {NOTE} "))
    given = ET.SubElement(root, "input")
    paragraphs = ET.SubElement(given, "paragraphs")
    _child(paragraphs, "paragraph", " ".join(fact.sentence for fact in facts), id="p1")
    sentences = ET.SubElement(given, "sentences")
    for number, fact in enumerate(facts, start=1):
        if fact.hypothesis:
            raise InputError(f"{fact.text!r} is a hypothesis, which an EKB cannot say")
        _child(sentences, "sentence", fact.sentence, id=str(number), pid="p1")
        _event(root, fact, number)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _event(root: ET.Element, fact: Fact, number: int) -> None:
    event = _element(root, "EVENT", f"V{number}0", number)
    _child(event, "type", _EVENTS[fact.statement_type])
    if fact.statement_type == "Dephosphorylation":
        _child(_path(event, "mods/mod"), "type", "ONT::MANNER-UNDO")
    arguments = ((":AGENT", fact.subject), (":AFFECTED", fact.object))
    for order, (role, entity) in enumerate(arguments, start=1):
        argument = ET.SubElement(event, f"arg{order}", id=f"V{number}{order}", role=role)
        _child(argument, "type", _term_type(entity))
        _term(root, entity, f"V{number}{order}", number)
    if fact.site:
        ET.SubElement(event, "site", id=f"V{number}3")
        _site(root, fact.site, f"V{number}3", number)
    _child(event, "text", fact.text)


def _term(root: ET.Element, entity: Entity, term_id: str, number: int) -> None:
    namespace, identifier = _grounding(entity)
    dbid = identifier if namespace == "CHEBI" else f"{namespace}:{identifier}"
    term = _element(root, "TERM", term_id, number)
    term.set("dbid", dbid)
    _child(term, "type", _term_type(entity))
    _child(term, "name", entity.name.upper())
    drum = {"dbid": dbid, "match-score": "1.0", "input": entity.name, "matched-name": entity.name}
    ET.SubElement(_path(term, "drum-terms"), "drum-term", drum)
    if entity.mutation:
        ET.SubElement(_path(term, "features"), "mutation", id=f"{term_id}9")
        _mutation(root, entity.mutation, f"{term_id}9", number)
    _child(term, "text", entity.name)


def _site(root: ET.Element, site: tuple[str, str], term_id: str, number: int) -> None:
    term = _element(root, "TERM", term_id, number)
    _child(term, "type", "ONT::MOLECULAR-SITE")
    place_in_chain = _path(term, "features/site")
    _child(place_in_chain, "code", site[0])
    _child(place_in_chain, "pos", site[1])


def _mutation(root: ET.Element, mutation: str, term_id: str, number: int) -> None:
    term = _element(root, "TERM", term_id, number)
    _child(term, "type", "ONT::MUTATION")
    exchange = ET.SubElement(term, "mutation")
    _child(exchange, "type", "SUBSTITUTION")
    _child(exchange, "pos", mutation[1:-1])
    _child(_path(exchange, "aa-from/aa"), "code", mutation[0])
    _child(_path(exchange, "aa-to/aa"), "code", mutation[-1])


def _grounding(entity: Entity) -> tuple[str, str]:
    return next(iter(ground(entity.name).items()))


def _term_type(entity: Entity) -> str:
    return _TERM_TYPES[_grounding(entity)[0]]


def _element(root: ET.Element, tag: str, element_id: str, number: int) -> ET.Element:
    """Return an event or a term, in the document's only paragraph and in sentence ``number``."""
    place = {"id": element_id, "paragraph": "p1", "uttnum": str(number)}
    return ET.SubElement(root, tag, place)


def _child(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _path(parent: ET.Element, path: str) -> ET.Element:
    for tag in path.split("/"):
        parent = ET.SubElement(parent, tag)
    return parent
