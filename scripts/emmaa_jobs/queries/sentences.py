"""Queries as English sentences: those that a query's own English is made of (docs/queries.md).

| sentence | query |
|---|---|
| ``EGF activates MAPK1.`` | ``path_property`` |
| ``What inhibits BRAF? (CHEBI)``, ``What does BRAF activate?`` | ``open_search_query`` |
| ``Phosphorylated MAPK1 is eventually high.`` | ``dynamic_property`` |
| ``Vemurafenib decreases active MAPK1.`` | ``simple_intervention_property`` |
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from emmaa_jobs.queries.agent_phrases import IsName, MakeAgent, read_agent_phrase
from emmaa_jobs.queries.open_search_query import search_types
from emmaa_jobs.queries.query import QueryError
from emmaa_jobs.queries.query_types import Query, query_from_json
from emmaa_jobs.queries.simulation_queries import PATTERNS

#: A longer text is no sentence.
MAX_LENGTH = 1000
_PATTERN = re.compile(
    rf"(?P<entity>.+?) is (?P<pattern>{'|'.join(PATTERNS.values())})( (?P<value>low|high))?",
    re.IGNORECASE,
)
_INTERVENTION = re.compile(
    r"(?P<condition>.+?) (?P<verb>increases|decreases) (?!the amount of )(?P<target>.+)"
)
_NAMESPACES = re.compile(r"(?P<question>.+?)\s*\((?P<names>[A-Za-z, ]+)\)")
_SITE = re.compile(r"(?P<object>.+?) on (?P<residue>[A-Z]?)(?P<position>\d+)")
_EXAMPLES = (
    "'EGF activates MAPK1', 'What inhibits BRAF?', 'phosphorylated MAPK1 is eventually high',"
    " 'vemurafenib decreases active MAPK1'"
)


def query_from_sentence(sentence: str, make_agent: MakeAgent, is_name: IsName) -> Query:
    """Return the query that a sentence asks.

    :param make_agent: makes the JSON of an entity's agent of its name
    :param is_name: whether a text as a whole is an entity's name
    :raises QueryError: if it is none of the forms above, or an entity or a state is unknown.
    """
    text = " ".join(sentence.split())
    if not text or len(text) > MAX_LENGTH:
        raise QueryError(f"a sentence of 1 to {MAX_LENGTH} characters is expected: {_EXAMPLES}")
    agent = functools.partial(read_agent_phrase, make_agent=make_agent, is_name=is_name)
    if text.lower().startswith("what "):
        return query_from_json(_search(text, agent))
    text = text.rstrip(" .")
    for read in (_dynamic, _intervention, _path):
        document = read(text, agent)
        if document is not None:
            return query_from_json(document)
    raise QueryError(
        f"{sentence!r:.200} is not understood: write a sentence such as {_EXAMPLES}. The verbs of"
        f" a path are {', '.join(_verbs())}"
    )


def _search(text: str, agent: Any) -> dict[str, Any]:
    namespaces = None
    if match := _NAMESPACES.fullmatch(text):
        text = match["question"]
        namespaces = [name.strip().lower() for name in match["names"].split(",") if name.strip()]
    text = text.rstrip(" .?")
    role = "subject" if text.lower().startswith("what does ") else "object"
    verbs = _search_verbs(role)
    order = (
        r"does (?P<entity>.+) (?P<verb>{})" if role == "subject" else "(?P<verb>{}) (?P<entity>.+)"
    )
    match = re.fullmatch(f"What {order.format(_any_of(verbs))}", text, re.IGNORECASE)
    if match is None:
        raise QueryError(
            f"{text!r:.200} is not understood: write 'What inhibits BRAF?' or 'What does BRAF"
            f" activate?'. The verbs here are {', '.join(verbs)}"
        )
    return {
        "type": "open_search_query",
        "entity": agent(match["entity"]),
        "stmt_type": verbs[match["verb"].lower()],
        "entity_role": role,
        "terminal_ns": namespaces,
    }


def _dynamic(text: str, agent: Any) -> dict[str, Any] | None:
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    names = {words: name for name, words in PATTERNS.items()}
    value = match["value"] and match["value"].lower()
    return {
        "type": "dynamic_property",
        "entity": agent(match["entity"]),
        "pattern_type": names[match["pattern"].lower()],
        "quantity": {"type": "qualitative", "value": value},
    }


def _intervention(text: str, agent: Any) -> dict[str, Any] | None:
    match = _INTERVENTION.fullmatch(text)
    if match is None:
        return None
    return {
        "type": "simple_intervention_property",
        "condition_entity": agent(match["condition"]),
        "target_entity": agent(match["target"]),
        "direction": "up" if match["verb"] == "increases" else "dn",
    }


def _path(text: str, agent: Any) -> dict[str, Any] | None:
    match = re.fullmatch(rf"(?P<subject>.+?) (?P<verb>{_any_of(_verbs())}) (?P<object>.+)", text)
    if match is None:
        return None
    kind, roles = _verbs()[match["verb"]]
    target, site = match["object"], dict[str, str]()
    if roles == ("enz", "sub") and (at := _SITE.fullmatch(target)):
        target = at["object"]
        site = {name: at[name] for name in ("residue", "position") if at[name]}
    subject, object_ = agent(match["subject"]), agent(target)
    ends: dict[str, Any] = (
        {"members": [subject, object_]} if roles is None else {roles[0]: subject, roles[1]: object_}
    )
    return {"type": "path_property", "path": {"type": kind, **ends, **site}}


def _any_of(verbs: Iterable[str]) -> str:
    return "|".join(re.escape(verb) for verb in sorted(verbs, key=len, reverse=True))


@functools.cache
def _verbs() -> dict[str, tuple[str, tuple[str, str] | None]]:
    """Return by verb the type of statement, and the names of its two ends."""
    from indra.assemblers.english.assembler import statement_present_verb
    from indra.statements import Modification, get_all_descendants

    abstract = {"AddModification", "RemoveModification"}
    kinds = sorted({kind.__name__ for kind in get_all_descendants(Modification)} - abstract)
    return {
        "activates": ("Activation", ("subj", "obj")),
        "inhibits": ("Inhibition", ("subj", "obj")),
        "increases the amount of": ("IncreaseAmount", ("subj", "obj")),
        "decreases the amount of": ("DecreaseAmount", ("subj", "obj")),
        "binds": ("Complex", None),
        **{statement_present_verb(kind.lower()): (kind, ("enz", "sub")) for kind in kinds},
    }


@functools.cache
def _search_verbs(role: str) -> dict[str, str]:
    from indra.assemblers.english.assembler import statement_base_verb, statement_present_verb

    verb = statement_base_verb if role == "subject" else statement_present_verb
    return {verb(kind.lower()).lower(): kind for kind in sorted(search_types())}
