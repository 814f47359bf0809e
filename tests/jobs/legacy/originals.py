"""Pickles as the original made them: by modules of its names, with its classes' attributes."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any

from indra.statements import Statement

DATE = datetime(2020, 4, 1, 17, 0, 5, 123456)  # Naive and UTC, as the original's.
CLASSES = {
    "EmmaaStatement": "emmaa.statements",
    "SearchTerm": "emmaa.priors",
    "StatementCheckingTest": "emmaa.model_tests",
    "ModelManager": "emmaa.model_tests",
    "EmmaaModel": "emmaa.model",
}

#: The ``<dt>`` of a pickle.
NEW = "2020-04-01-17-00-10"


@contextmanager
def original_classes() -> Iterator[dict[str, type]]:
    """Make the original's classes importable while the context lasts."""
    classes: dict[str, type] = {}
    modules = {"emmaa", *CLASSES.values()}
    assert not modules & sys.modules.keys()
    try:
        sys.modules |= {module: ModuleType(module) for module in modules}
        for name, module in CLASSES.items():
            classes[name] = type(name, (), {"__module__": module})
            setattr(sys.modules[module], name, classes[name])
        yield classes
    finally:
        for module in modules:
            sys.modules.pop(module, None)


def original(classes: dict[str, type], name: str, /, **attributes: Any) -> Any:
    """Return an object of one of the original's classes."""
    made = classes[name]()
    vars(made).update(attributes)
    return made


TERM = {
    "type": "gene",
    "name": "BRAF",
    "db_refs": {"HGNC": "1097", "UP": "P15056"},
    "search_term": '"BRAF"',
}


def model_pickle(
    statements: Iterable[Statement], protocol: int = 4, metadata: dict[str, Any] | None = None
) -> bytes:
    """Return a model's state; without ``metadata``, one from before metadata existed."""
    with original_classes() as classes:
        term = original(classes, "SearchTerm", **TERM)
        more = {} if metadata is None else {"metadata": metadata}
        items = [
            original(classes, "EmmaaStatement", stmt=s, date=DATE, search_terms=[term], **more)
            for s in statements
        ]
        return pickle.dumps(items, protocol)


def corpus_pickle(
    statements: Iterable[Statement], protocol: int = 4, test_data: dict[str, str] | None = None
) -> bytes:
    """Return a test corpus; without test data, a bare list, as before test data existed."""
    with original_classes() as classes:
        tests: Any = [
            original(classes, "StatementCheckingTest", stmt=s, configs={}) for s in statements
        ]
        if test_data is not None:
            tests = {"test_data": test_data, "tests": tests}
        return pickle.dumps(tests, protocol)


def manager_pickle() -> bytes:
    """Return a model manager."""
    with original_classes() as classes:
        model = original(classes, "EmmaaModel", name="m")
        return pickle.dumps(original(classes, "ModelManager", model=model), 4)


def hashes(statements: Iterable[Statement]) -> list[int]:
    """Return the hashes that distinguish statements, computed again."""
    return [s.get_hash(refresh=True) for s in statements]
