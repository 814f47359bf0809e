"""The result of checking one statement, with the fields of INDRA's ``PathResult``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: A node with its sign (0 positive, 1 negative).
SignedNode = tuple[Any, int]
#: A node of a path, or a refinement as INDRA writes it: (agent JSON, ``is_ref`` or ``has_ref``,
#: agent JSON).
PathNode = tuple[Any, ...]

_INDRA_MODULE = "indra.explanation.model_checker.model_checker"


class PathMetric(NamedTuple):
    """A source of paths.

    :param length: the number of edges of the shortest
    """

    source_node: SignedNode
    target_node: SignedNode
    length: int


@dataclass
class PathResult:
    """The answer to whether and how a model explains a statement.

    :param result_code: one of INDRA's codes (docs/queries.md#result-codes)
    :param path_metrics: the sources from which the target can be reached, each once, nearest first
    :param paths: the reported paths
    """

    path_found: bool
    result_code: str
    max_paths: int
    max_path_length: int
    path_metrics: list[PathMetric] = field(default_factory=list)
    paths: list[tuple[PathNode, ...]] = field(default_factory=list)


class Flattener:
    """Writes results as jsonpickle writes INDRA's, so that old readers can restore them.

    Each result stands alone: ``py/id`` references never leave it.
    """

    def __init__(self) -> None:
        from jsonpickle.pickler import Pickler

        self._pickler = Pickler()

    def __call__(self, result: PathResult) -> dict[str, Any]:
        """Flatten a result."""
        metrics = [metric._asdict() for metric in result.path_metrics]
        flat: dict[str, Any] = self._pickler.flatten({**vars(result), "path_metrics": metrics})
        flat["path_metrics"] = [_typed("PathMetric", metric) for metric in flat["path_metrics"]]
        return _typed("PathResult", flat)


def _typed(name: str, flat: dict[str, Any]) -> dict[str, Any]:
    # INDRA's classes take seconds to import, so their names are written, not the classes.
    return {"py/object": f"{_INDRA_MODULE}.{name}", **flat}
