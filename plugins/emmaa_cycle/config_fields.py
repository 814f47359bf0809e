"""Fields of a ``config.json`` that nothing reads, with the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

#: Fields that the original, its dashboard or this project's readers know beside those that are
#: typed, by their section.
_ALSO_KNOWN: dict[tuple[str, ...], frozenset[str]] = {
    (): frozenset({"twitter_link", "old_assembly"}),
    ("reading",): frozenset({"cord19_update", "disease_map", "other_files"}),
    ("test",): frozenset({"make_links"}),
}


def unread_fields(document: dict[str, Any], model: type[BaseModel]) -> Iterator[str]:
    """Yield a sentence for each field that neither the jobs nor the dashboard read.

    :param document: a ``config.json``
    :param model: its type, :class:`~emmaa_cycle.model_config.ModelConfig`
    """
    yield from _unread(document, model, ())


def _unread(
    document: dict[str, Any], model: type[BaseModel], path: tuple[str, ...]
) -> Iterator[str]:
    known = {*model.model_fields, *_ALSO_KNOWN.get(path, ())}
    for name, value in document.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            yield f"field {'.'.join((*path, name))} is read by nothing{hint}"
        elif isinstance(value, dict) and (section := _section(model, name)):
            yield from _unread(value, section, (*path, name))


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the type of a field that is a section; None if it is something else."""
    field = model.model_fields.get(name)
    kinds = [field.annotation, *get_args(field.annotation)] if field else []
    sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return sections[0] if sections else None
