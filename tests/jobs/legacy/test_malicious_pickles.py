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

from emmaa_jobs.legacy.records import MAKERS, RefusedPickleError, record_class
from emmaa_jobs.legacy.unpickler import ALLOWED, load_records
from tests.jobs.example_counts import examples
from tests.jobs.legacy.pickle_programs import (
    AGENT,
    BUILD,
    EMPTY_TUPLE,
    NEWOBJ,
    REDUCE,
    TUPLE1,
    TUPLE2,
    named,
    program,
    text,
)


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
#: A whole number of 16 bytes.
AGES = b"\x8a\x10" + b"\x01" * 16
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
    "duration of ages": named("datetime", "timedelta") + AGES + b"K\0K\0\x87" + REDUCE,
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


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.sampled_from([*OPCODES.values(), *ABUSES.values(), AGENT, REDUCE, BUILD, b"N", b"]", b"}", b"(", b"t", b"s", b"a", b"\x94", NEWOBJ])))  # fmt: skip  # noqa: E501
def test_any_program_gives_plain_values_or_is_refused(parts: list[bytes]) -> None:
    before = dict(vars(Agent))
    with contextlib.suppress(RefusedPickleError):
        load_records(program(b"N", *parts))
    assert dict(vars(Agent)) == before
