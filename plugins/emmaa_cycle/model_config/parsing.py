"""Reading a ``config.json``: it is corrected where old ones differ, validated, and described."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.json_text import JsonTextError, parse_json
from emmaa_cycle.model_config.document import (
    Assembly,
    BatchSection,
    ModelConfig,
    SearchTerm,
    Step,
)
from emmaa_cycle.model_config.faulty_parts import without_faulty_parts
from emmaa_cycle.model_config.simulation import HypothesisTester
from emmaa_cycle.model_config.tolerance import tolerated
from emmaa_cycle.printable import printable_line
from emmaa_cycle.quality_rules import QualitySection
from emmaa_cycle.s3_layout import config_key

#: Maximum number of faults in a message; a config may have thousands.
_FAULTS_NAMED = 20
_FAULT_LENGTH = 300
#: Fields that the original, its dashboard or this project's readers know beside those that are
#: typed, by their section.
_ALSO_KNOWN: dict[tuple[str, ...], frozenset[str]] = {
    (): frozenset({"twitter_link", "old_assembly"}),
    ("reading",): frozenset({"cord19_update", "disease_map", "other_files"}),
    ("test",): frozenset({"make_links"}),
}


def parse_model_config(model: str, content: bytes | str) -> ModelConfig:
    """Read a model's config.

    :param model: the model's short name, which is its folder's name
    :param content: the text of ``models/<m>/config.json``
    :raises ModelConfigError: if it is invalid; the message has model, S3 key and field.
    """
    where = f"model {model!r}, {config_key(model)}"
    doubled: list[str] = []
    try:
        document = parse_json(content, make_object=partial(_object, doubled))
    except JsonTextError as error:
        raise ModelConfigError(f"{where} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ModelConfigError(f"{where} holds a {type(document).__name__}, not a JSON object")
    readable, notes = tolerated(document)
    try:
        config = _validated(readable, config_key(model))
    except InputError as error:
        raise ModelConfigError(f"{where}: {error}") from error
    unread = _unread_fields(readable, ModelConfig, ())
    return config.with_notes(tuple(_named([*doubled, *notes, *unread])), config.left_out)


def _validated(document: dict[str, Any], key: str) -> ModelConfig:
    """Return the config without the parts that fail alone.

    :raises InputError: if something else is at fault, or if what is left is no config.
    """
    try:
        return ModelConfig.model_validate(document)
    except ValidationError as error:
        faults = [(fault["loc"], _fault(fault)) for fault in error.errors()]
    sentences = [sentence for _, sentence in faults]
    rest = without_faulty_parts(document, faults, key)
    if rest is None:
        raise InputError("; ".join(_named(sentences)))
    usable, left_out = rest
    try:
        return ModelConfig.model_validate(usable).with_notes((), left_out)
    except ValidationError as error:
        more = [_fault(fault) for fault in error.errors()]
        raise InputError("; ".join(_named([*sentences, *more]))) from error


def _object(notes: list[str], fields: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, count in Counter(name for name, _ in fields).items():
        if count > 1:
            notes.append(f"field {name} stands {count} times in one object: the last one counts")
    return dict(fields)


def _meant(fault: Any) -> str:
    """Suggest a similar field for an unknown one."""
    if fault["type"] != "extra_forbidden":
        return ""
    strict = (SearchTerm, Step, Assembly, HypothesisTester, BatchSection, QualitySection)
    known = {name for section in strict for name in section.model_fields}
    return _similar(str(fault["loc"][-1]), known)


def _similar(name: str, known: set[str]) -> str:
    # No known name resembles one of over a hundred characters, which would take long to compare.
    close = difflib.get_close_matches(name[:100], known, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _fault(fault: Any) -> str:
    field = ".".join(f"{part:.100}" for part in map(str, fault["loc"])) or "the whole"
    given = "" if fault["type"] == "missing" else f" (it is {fault['input']!r:.80})"
    return f"field {field}: {fault['msg']}{given}{_meant(fault)}"


def _named(sentences: list[str]) -> list[str]:
    """Return the first sentences, truncated to one line each, and the number of others."""
    named = [printable_line(each, _FAULT_LENGTH) for each in sentences[:_FAULTS_NAMED]]
    more = [f"and {len(sentences) - len(named)} more"] if len(sentences) > len(named) else []
    return [*named, *more]


def _unread_fields(
    document: dict[str, Any], model: type[BaseModel], path: tuple[str, ...]
) -> Iterator[str]:
    """Yield a sentence for each field that neither the jobs nor the dashboard read.

    :param model: the type of the document, or of this section of it
    :param path: the section's place; empty for the document
    """
    known = {*model.model_fields, *_ALSO_KNOWN.get(path, ())}
    for name, value in document.items():
        if name not in known:
            yield f"field {'.'.join((*path, name))} is read by nothing{_similar(name, known)}"
        elif isinstance(value, dict) and (section := _section(model, name)):
            yield from _unread_fields(value, section, (*path, name))


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the type of a field that is a section; None if it is something else."""
    field = model.model_fields.get(name)
    kinds = [field.annotation, *get_args(field.annotation)] if field else []
    sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return sections[0] if sections else None
