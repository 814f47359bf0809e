"""A hostile pickle is refused by name, runs nothing, and leaves no trace in this process."""

from __future__ import annotations

import contextlib
import copyreg
import os
import pickle
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indra.statements import Agent, Evidence

from emmaa_jobs.legacy.documents import Kind, convert
from emmaa_jobs.legacy.records import MAKERS, RefusedPickleError, record_class
from emmaa_jobs.legacy.unpickler import ALLOWED, load_records
from tests.jobs.example_counts import examples


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *args: Any, state: Any = None) -> None:
        self.reduced = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """Return the path of a file that must not be made."""
    path = tmp_path / "marker"
    yield path
    assert not path.exists()


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value.encode())]) + value.encode()


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(name) + b"\x93"


def program(*parts: bytes) -> bytes:
    """Return a protocol 4 pickle of these opcodes."""
    return b"\x80\x04" + b"".join(parts) + b"."


EMPTY_TUPLE, REDUCE, BUILD, NEWOBJ, TUPLE1, TUPLE2 = b")", b"R", b"b", b"\x81", b"\x85", b"\x86"
AGENT = named("indra.statements.agent", "Agent")


def code(path: Path) -> str:
    return f"open({str(path)!r}, 'w')"


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [x], lambda x: {"tests": [[x]]}])
def test_call_of_the_system_is_refused(
    marker: Path, protocol: int, nest: Callable[[Any], Any]
) -> None:
    content = pickle.dumps(nest(Calls(os.system, f"touch {marker}")), protocol)

    with pytest.raises(RefusedPickleError, match=r"global posix\.system"):
        load_records(content)
    # The attack is real: a plain unpickler runs it.
    pickle.loads(content)  # noqa: S301
    assert marker.exists()
    marker.unlink()


CALLS: list[tuple[str, str]] = [
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("__builtin__", "eval"),
    ("builtins", "getattr"),
    ("builtins", "setattr"),
    ("builtins", "type"),
    ("builtins", "object"),
    ("builtins", "__import__"),
    ("builtins", "bytearray"),
    ("subprocess", "Popen"),
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("operator", "attrgetter"),
    ("functools", "partial"),
    ("importlib", "import_module"),
    ("copyreg", "_reconstructor"),
    ("copyreg", "__newobj__"),
    ("copyreg", "add_extension"),
    ("pickle", "loads"),
    ("collections", "namedtuple"),
    ("indra.statements.statements", "logger"),
    ("indra.statements.statements", "abc"),
    ("indra.statements", "Agent.__init__"),
    ("indra.statements.agent", "Agent.__class__"),
    ("indra.statements.evidence", "Evidence.__setstate__.__globals__"),
    ("indra.statements", "stmts_from_json_file"),
    ("indra.statements.io", "stmts_from_json_file"),
    ("indra.statements.validate", "IdentifiersValidator"),
    ("indra.util.aws", "run_in_batch"),
    ("emmaa.model", "EmmaaModel"),
    ("emmaa.statements", "os"),
    ("emmaa.statements.os", "system"),
    ("emmaa", "statements.EmmaaStatement"),
    ("datetime", "sys"),
    ("datetime", "datetime.fromtimestamp"),
    ("", ""),
]


@pytest.mark.parametrize(("module", "name"), CALLS)
def test_other_global_is_refused_by_name(marker: Path, module: str, name: str) -> None:
    content = program(named(module, name), text(code(marker)), TUPLE1, REDUCE)

    with pytest.raises(RefusedPickleError, match="names the global") as refused:
        load_records(content)
    assert f"{module}.{name}" in str(refused.value)


def test_global_of_protocol_2_is_refused_by_name(marker: Path) -> None:
    argument = code(marker).encode()
    counted = b"X" + struct.pack("<I", len(argument)) + argument
    content = b"\x80\x02c__builtin__\neval\n" + counted + TUPLE1 + REDUCE + b"."

    with pytest.raises(RefusedPickleError, match=r"global __builtin__\.eval"):
        load_records(content)


def test_alias_of_an_allowed_module_opens_nothing(
    marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for alias in ("emmaa.statements", "indra.statements.agent", "emmaa.helpers"):
        monkeypatch.setitem(sys.modules, alias, os)
        content = program(named(alias, "system"), text(f"touch {marker}"), TUPLE1, REDUCE)
        with pytest.raises(RefusedPickleError, match=rf"global {alias}\.system"):
            load_records(content)


def test_global_that_stands_for_an_imported_name_is_never_the_real_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "emmaa.statements", os)

    assert load_records(program(named("emmaa.statements", "EmmaaStatement"))) is record_class(
        "emmaa.statements.EmmaaStatement"
    )
    assert load_records(program(named("builtins", "set"))) is not set


def test_extension_registry_is_not_asked(marker: Path) -> None:
    copyreg.add_extension("posix", "system", 240)
    try:
        # Now it is in the unpickler's cache, which a check of names alone would not see.
        pickle.loads(program(b"\x82\xf0"))  # noqa: S301
        content = program(b"\x82\xf0", text(f"touch {marker}"), TUPLE1, REDUCE)
        with pytest.raises(RefusedPickleError, match="opcode EXT1"):
            load_records(content)
    finally:
        copyreg.remove_extension("posix", "system", 240)


OPCODES = {
    "PERSID": b"Pwhat\n",
    "BINPERSID": text("what") + b"Q",
    "INST": b"(ios\nsystem\n",
    "OBJ": b"(" + AGENT + b"o",
    "NEWOBJ_EX": AGENT + EMPTY_TUPLE + b"}\x92",
    "EXT2": b"\x83\x01\x00",
    "EXT4": b"\x84\x01\x00\x00\x00",
    "BYTEARRAY8": b"\x96" + struct.pack("<Q", 1) + b"x",
    "NEXT_BUFFER": b"\x97",
    "DUP": b"N2",
}


@pytest.mark.parametrize("name", OPCODES)
def test_other_opcode_is_refused(name: str) -> None:
    with pytest.raises(RefusedPickleError, match=f"the opcode {name} at byte"):
        load_records(program(OPCODES[name]))
    assert name not in ALLOWED


STATE = b"}" + text("to_json") + AGENT + b"s"
ABUSES = {
    "state of a class": AGENT + STATE + BUILD,
    "slots of a class": AGENT + b"N" + STATE + TUPLE2 + BUILD,
    "slots of an object": AGENT + EMPTY_TUPLE + NEWOBJ + b"N" + STATE + TUPLE2 + BUILD,
    "two states": AGENT + EMPTY_TUPLE + NEWOBJ + STATE + BUILD + STATE + BUILD,
    "state that is a list": AGENT + EMPTY_TUPLE + NEWOBJ + b"]" + BUILD,
    "state with other keys": AGENT + EMPTY_TUPLE + NEWOBJ + b"}K\x01K\x02s" + BUILD,
    "constructor": AGENT + text("BRAF") + TUPLE1 + REDUCE,
    "new with arguments": AGENT + text("BRAF") + TUPLE1 + NEWOBJ,
    "state of a function": named("builtins", "set") + STATE + BUILD,
    "slots of a function": named("builtins", "set") + b"N" + STATE + TUPLE2 + BUILD,
    "state of a duration": named("datetime", "timedelta") + b"K\0K\0K\0\x87R" + STATE + BUILD,
    "items of a class": AGENT + text("a") + b"Ns",
    "appended to a class": AGENT + b"Na",
    "call of a record": AGENT + EMPTY_TUPLE + NEWOBJ + EMPTY_TUPLE + REDUCE,
    "object of no class": text("Agent") + EMPTY_TUPLE + NEWOBJ,
    "set of a string": named("builtins", "set") + text("abc") + TUPLE1 + REDUCE,
    "factory that is called": named("builtins", "str") + text("abc") + TUPLE1 + REDUCE,
    "factory that is a class": named("collections", "defaultdict") + AGENT + TUPLE1 + REDUCE,
    "date of numbers": named("datetime", "datetime") + b"K\x01K\x01K\x01\x87" + REDUCE,
    "other codec": named("_codecs", "encode") + text("a") + text("zip") + TUPLE2 + REDUCE,
    "empty stack": REDUCE,
    "unknown memo": b"h\x07",
}  # fmt: skip


@pytest.mark.parametrize("abuse", ABUSES)
def test_abuse_of_what_is_allowed_is_refused(abuse: str) -> None:
    before = dict(vars(Agent)), dict(vars(Evidence)), dict(MAKERS)

    with pytest.raises(RefusedPickleError):
        load_records(program(ABUSES[abuse]))
    assert (dict(vars(Agent)), dict(vars(Evidence)), dict(MAKERS)) == before
    assert load_records(program(AGENT + EMPTY_TUPLE + NEWOBJ)).state == {}


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


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.sampled_from([*OPCODES.values(), *ABUSES.values(), AGENT, REDUCE, BUILD, b"N", b"]", b"}", b"(", b"t", b"s", b"a", b"\x94", NEWOBJ])))  # fmt: skip  # noqa: E501
def test_any_program_gives_plain_values_or_is_refused(parts: list[bytes]) -> None:
    before = dict(vars(Agent))
    with contextlib.suppress(RefusedPickleError):
        load_records(program(b"N", *parts))
    assert dict(vars(Agent)) == before
