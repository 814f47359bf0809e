"""Textbook facts, written as sentences of a small controlled English.

A fact is ``<subject> <relation> <object>``, for instance ``BRAF V600E phosphorylates MAP2K1 on
S218``. ``may`` before the relation makes it a hypothesis. The sentence is both what people read
and what the statement is built of, so that the two cannot differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emmaa_cycle.errors import InputError

#: Each relation's words and the INDRA statement type it stands for.
RELATIONS = {
    "activates": "Activation",
    "inhibits": "Inhibition",
    "phosphorylates": "Phosphorylation",
    "dephosphorylates": "Dephosphorylation",
    "ubiquitinates": "Ubiquitination",
    "binds": "Complex",
    "increases the amount of": "IncreaseAmount",
    "decreases the amount of": "DecreaseAmount",
}


def _hypothetical(relation: str) -> str:
    verb, *rest = relation.split(" ")
    return " ".join(["may", verb.removesuffix("s"), *rest])


_PHRASES = {
    **{words: (words, False) for words in RELATIONS},
    **{_hypothetical(words): (words, True) for words in RELATIONS},
}
_SENTENCE = re.compile(
    rf"(?P<subject>.+?) (?P<phrase>{'|'.join(_PHRASES)}) (?P<object>.+?)"
    r"( on (?P<residue>[STY])(?P<position>\d+))?"
)
_ENTITY = re.compile(r"(?P<name>.+?)( (?P<mutation>[A-Z]\d+[A-Z]))?")


@dataclass(frozen=True)
class Entity:
    """The subject of a fact.

    :param name: an HGNC symbol, a FamPlex family or a ChEBI name
    :param mutation: an amino acid exchange such as ``V600E``
    """

    name: str
    mutation: str | None = None


@dataclass(frozen=True)
class Fact:
    """One sentence, understood.

    :param relation: a key of :data:`RELATIONS`
    :param site: residue and position of a modification, such as ``("S", "218")``
    :param hypothesis: whether the sentence says ``may``
    """

    text: str
    subject: Entity
    relation: str
    object: Entity
    site: tuple[str, str] | None = None
    hypothesis: bool = False

    @property
    def statement_type(self) -> str:
        """The name of the INDRA statement class."""
        return RELATIONS[self.relation]

    @property
    def sentence(self) -> str:
        """The evidence's text, which says that it is no quotation."""
        return f"Demo sentence: {self.text}."


def parse_fact(text: str) -> Fact:
    """Understand a sentence.

    :raises InputError: if it is not of the form that this module describes.
    """
    match = _SENTENCE.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} is no fact: expected '<subject> <relation> <object> [on <site>]' with one"
            f" of the relations {', '.join(RELATIONS)}"
        )
    relation, hypothesis = _PHRASES[match["phrase"]]
    site = (match["residue"], match["position"]) if match["residue"] else None
    if site and "phosphorylates" not in relation and relation != "ubiquitinates":
        raise InputError(f"{text!r} has a site, but {relation!r} is no modification")
    return Fact(
        text,
        _parse_entity(match["subject"]),
        relation,
        _parse_entity(match["object"]),
        site,
        hypothesis,
    )


def _parse_entity(text: str) -> Entity:
    match = _ENTITY.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is no entity: expected a name, or a name and a mutation")
    return Entity(match["name"], match["mutation"])
