"""All registrations as one JSON document, written and read (docs/subscriptions.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from emmaa_cycle.errors import InputError
from emmaa_cycle.json_text import parse_json
from emmaa_cycle.names import check_name
from emmaa_jobs.db.records import StoredQuery
from emmaa_jobs.db.registrations import RegisteredModel, RegisteredQuery, Registration
from emmaa_jobs.statements.storable import storable_json
from emmaa_jobs.subscriptions.changes import Registry, checked_address

T = TypeVar("T")

FORMAT = "emmaa registrations 1"
#: Larger documents are no backup of registrations; bytes.
MAX_BYTES = 256 * 1024 * 1024
#: What the databases can hold as a query's hash, a user's id and a count.
_HASHES, _NUMBERS = range(-(2**63), 2**63), range(2**31)
_NAMED = 20


def export_all(registry: Registry) -> tuple[bytes, str]:
    """Return the document with all registrations, and a summary in one line."""
    unreadable: list[str] = []
    found = registry.registrations.all(lambda number, reason: unreadable.append(f"row {number}"))
    document = {"format": FORMAT, "registrations": [_as_json(each) for each in found]}
    for each in unreadable:
        registry.say(f"left out: {each} cannot be read")
    left_out = f"; left out: {len(unreadable)} rows" if unreadable else ""
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
    return text.encode() + b"\n", f"{_counts(found)} exported{left_out}"


def import_all(registry: Registry, content: bytes) -> str:
    """Store the registrations of a document, each over the one of the same user.

    What is in the database alone stays. An entry that cannot be used costs itself.

    :returns: a summary in one line
    :raises InputError: if the document cannot be used, or after all else was stored, naming the
        entries that could not be.
    """
    faults: list[str] = []
    stored = [
        _stored(registry, entry, f"registrations[{number}]", faults)
        for number, entry in enumerate(_entries(content))
    ]
    summary = registry.would(f"{_counts([each for each in stored if each])} imported")
    if faults:
        for fault in faults:
            registry.say(f"left out: {fault}")
        more = ", …" if len(faults) > _NAMED else ""
        raise InputError(f"{summary}; {len(faults)} left out: {'; '.join(faults[:_NAMED])}{more}")
    return summary


def _entries(content: bytes) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise InputError(f"the backup has {len(content)} bytes, more than {MAX_BYTES}")
    try:
        document = storable_json(parse_json(content))
    except ValueError as error:
        raise InputError(f"the backup is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"the backup's field format is not {FORMAT!r}: export writes it")
    entries = document.get("registrations")
    if not isinstance(entries, list):
        raise InputError("the backup's field registrations is not a list")
    return entries


def _stored(registry: Registry, entry: Any, where: str, faults: list[str]) -> Registration | None:
    """Store one user's registrations and return what was stored."""
    restored, user_id = registry.registrations, None
    try:
        given, email = _user(entry)
        if email:
            user_id = registry.database.add_user(email, given)
    except InputError as error:
        faults.append(f"{where}: {error}")
        return None

    def store_model(value: dict[str, Any]) -> RegisteredModel:
        registered = _model(value)
        if user_id is None:
            raise InputError("a visitor cannot subscribe to a model")
        restored.restore_model(user_id, registered)
        return registered

    def store_query(value: dict[str, Any]) -> RegisteredQuery:
        registered = _query(value)
        restored.restore_query(user_id, registered)
        return registered

    models = list(_each(entry, "models", where, faults, store_model))
    queries = list(_each(entry, "queries", where, faults, store_query))
    return Registration(given, email, models, queries)


def _each(
    entry: dict[str, Any],
    name: str,
    where: str,
    faults: list[str],
    store: Callable[[dict[str, Any]], T],
) -> Iterator[T]:
    """Store the items of a list, and yield those that could be stored."""
    values = entry.get(name, [])
    if not isinstance(values, list):
        faults.append(f"{where}.{name} is not a list")
        return
    for number, value in enumerate(values):
        try:
            if not isinstance(value, dict):
                raise InputError("it is not an object")
            registered = store(value)
        except InputError as error:
            faults.append(f"{where}.{name}[{number}]: {error}")
        else:
            yield registered


def _user(entry: Any) -> tuple[int | None, str]:
    if not isinstance(entry, dict):
        raise InputError("it is not an object")
    user_id, email = entry.get("id"), entry.get("email", "")
    if user_id is not None:
        user_id = _number(entry, "id", _NUMBERS)
    if not isinstance(email, str):
        raise InputError(f"field email is not a text: {email!r:.80}")
    if not email:
        if user_id is not None:
            raise InputError(f"user {user_id} has no address, by which users are found")
        return None, ""  # the visitors
    return user_id, checked_address(email)


def _model(value: dict[str, Any]) -> RegisteredModel:
    return RegisteredModel(_model_name(value), _flag(value, "subscribed"), _moment(value))


def _query(value: dict[str, Any]) -> RegisteredQuery:
    document, qtype = value.get("query"), value.get("type")
    if not isinstance(document, dict):
        raise InputError(f"field query is not an object: {document!r:.80}")
    if not isinstance(qtype, str) or not 0 < len(qtype) <= 40:
        raise InputError(f"field type is not a type of query: {qtype!r:.80}")
    stored = StoredQuery(_number(value, "hash", _HASHES), _model_name(value), document, qtype)
    count = _number(value, "count", _NUMBERS)
    return RegisteredQuery(stored, _flag(value, "subscribed"), count, _moment(value))


def _model_name(value: dict[str, Any]) -> str:
    name = value.get("model")
    if not isinstance(name, str):
        raise InputError(f"field model is not a text: {name!r:.80}")
    return check_name("model", name)


def _number(value: dict[str, Any], name: str, allowed: range) -> int:
    number = value.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or number not in allowed:
        raise InputError(f"field {name} is not a whole number of the database: {number!r:.80}")
    return number


def _flag(value: dict[str, Any], name: str) -> bool:
    flag = value.get(name)
    if not isinstance(flag, bool):
        raise InputError(f"field {name} is neither true nor false: {flag!r:.80}")
    return flag


def _moment(value: dict[str, Any]) -> datetime | None:
    text = value.get("since")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("it has no time zone")
        moment.astimezone(None)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"field since is not a moment ({text!r:.80}): {error}") from error
    return moment


def _counts(found: Sequence[Registration]) -> str:
    users = sum(each.user_id is not None or bool(each.email) for each in found)
    models = sum(len(each.models) for each in found)
    queries = sum(len(each.queries) for each in found)
    return f"{users} users, {models} subscriptions to models, {queries} queries"


def _as_json(registration: Registration) -> dict[str, Any]:
    return {
        "id": registration.user_id,
        "email": registration.email,
        "models": [
            {"model": m.model, "subscribed": m.subscribed, "since": _text(m.since)}
            for m in registration.models
        ],
        "queries": [
            {
                "model": q.query.model,
                "hash": q.query.hash,
                "type": q.query.qtype,
                "query": q.query.json,
                "subscribed": q.subscribed,
                "count": q.count,
                "since": _text(q.since),
            }
            for q in registration.queries
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
