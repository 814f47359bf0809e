"""A pickle that ends or keeps the process that reads it costs itself alone."""

from __future__ import annotations

import signal
import subprocess

import pytest

import import_legacy
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import corpus_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.legacy.child import ChildLimits, convert_in_child
from emmaa_jobs.legacy.documents import Kind, convert
from emmaa_jobs.legacy.records import RefusedPickleError
from tests.jobs.known_biology import ras_statements
from tests.jobs.legacy.originals import corpus_pickle

MB = 1 << 20


def nested_tuples(count: int = MB) -> bytes:
    """Return a tuple in a tuple, and so on: 1 MB that overflows the stack."""
    return b"\x80\x04])" + b"\x85" * count + b"a."


def colliding_integers(count: int = 30_000) -> bytes:
    """Return a set of integers with one hash: each is compared with all before it."""
    numbers = b"".join(
        b"\x8a\x13" + (number * (2**61 - 1)).to_bytes(19, "little") for number in range(count)
    )
    return b"\x80\x04\x8f(" + numbers + b"\x90."


def long_list() -> bytes:
    """Return a list of lists of lists …, each of some thousand members."""
    return b"\x80\x04](" + b"](" * 400 + b"]" * 200_000 + b"e" * 400 + b"e."


def test_the_child_converts_as_the_job_itself() -> None:
    content = corpus_pickle(ras_statements())
    assert convert_in_child(content, Kind.CORPUS) == convert(content, Kind.CORPUS)


def test_refusals_of_the_child_are_its_own() -> None:
    with pytest.raises(RefusedPickleError, match=r"names the global posix\.system"):
        convert_in_child(b"\x80\x02cposix\nsystem\n.", Kind.STATEMENTS)


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (nested_tuples(), None, "reading it ends the process with SIGSEGV|nested"),
        (
            colliding_integers(),
            ChildLimits(2, 512 * MB),
            "reading it takes more than (2 s of processor time|140 s)",
        ),
        (long_list(), ChildLimits(60, MB), "more than 1 MB of memory"),
    ],
    ids=["stack", "time", "memory"],
)
def test_what_exceeds_a_limit_is_refused(
    content: bytes, limits: ChildLimits | None, reason: str
) -> None:
    with pytest.raises(RefusedPickleError, match=reason):
        convert_in_child(content, Kind.STATEMENTS, limits)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-signal.SIGSEGV, "it ends the process with SIGSEGV$"),
        (-signal.SIGKILL, "it takes more than 60 s of processor time$"),
        (-signal.SIGXCPU, "it takes more than 60 s of processor time$"),
        (1, "it ends the process with code 1$"),
    ],
)
def test_the_end_of_a_child_without_an_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    ended = subprocess.CompletedProcess([], code, b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(RefusedPickleError, match=reason):
        convert_in_child(b"", Kind.STATEMENTS, ChildLimits(60, 512 * MB))


def test_others_are_imported_and_the_file_is_named(bucket: Bucket) -> None:
    bucket.write_bytes("tests/bad.pkl", nested_tuples(), "")
    bucket.write_bytes("tests/good.pkl", corpus_pickle(ras_statements()), "")

    with pytest.raises(InputError, match=r"s3://emmaa/tests/bad\.pkl is refused.*else 1 pickles"):
        import_legacy.main(["--key", "tests/bad.pkl", "tests/good.pkl"])

    assert list(bucket.keys(corpus_key("good"))) == [corpus_key("good")]


def test_limits_grow_with_the_pickle() -> None:
    small, large = ChildLimits.of_size(1000), ChildLimits.of_size(100 * MB)
    assert (small.cpu_seconds, large.cpu_seconds) == (60, 2157)
    assert large.memory > 10 * 100 * MB
