"""Faults while a pickle is loaded."""

from __future__ import annotations

import pickle

import pytest

from emmaa_jobs.legacy import unpickler
from emmaa_jobs.legacy.records import RefusedPickleError


@pytest.mark.parametrize("error", [RefusedPickleError("the reason itself"), MemoryError()])
def test_refusal_and_lack_of_memory_pass_unchanged(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(unpickler._Unpickler, "load", fail)
    with pytest.raises(type(error)) as raised:
        unpickler.load_records(pickle.dumps([], protocol=4))
    assert raised.value is error


def test_what_follows_the_end_is_counted() -> None:
    with pytest.raises(RefusedPickleError, match=r"^3 bytes follow its end$"):
        unpickler.load_records(pickle.dumps([], protocol=4) + b"abc")
