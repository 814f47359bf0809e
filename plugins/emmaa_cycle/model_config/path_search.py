"""Model types, and the limits of the path search in each."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

ModelType = Literal["pysb", "pybel", "signed_graph", "unsigned_graph", "dynamic"]
#: The model types that explain tests by paths; a ``dynamic`` model is simulated instead.
PATH_MODEL_TYPES: tuple[ModelType, ...] = ("pysb", "pybel", "signed_graph", "unsigned_graph")


class PathLimits(NamedTuple):
    """The limits of a path search.

    :param max_path_length: edges of the longest path that is reported
    :param max_paths: paths reported at most
    """

    max_path_length: int
    max_paths: int


class _Limits(BaseModel, extra="allow", frozen=True):
    max_path_length: Annotated[int, Field(ge=1)] | None = None
    max_paths: Annotated[int, Field(ge=0)] | None = None


class StatementChecking(_Limits):
    """Limits of the path search, with overrides per model type."""

    pysb: _Limits = _Limits()
    pybel: _Limits = _Limits()
    signed_graph: _Limits = _Limits()
    unsigned_graph: _Limits = _Limits()

    def limits(self, mc_type: str, default: PathLimits) -> PathLimits:
        """Return the limits for one model type: its own, or the common ones, or the default."""
        own = getattr(self, mc_type) if mc_type in PATH_MODEL_TYPES else _Limits()

        def first(*values: int | None) -> int:
            return next(value for value in values if value is not None)

        return PathLimits(
            first(own.max_path_length, self.max_path_length, default.max_path_length),
            first(own.max_paths, self.max_paths, default.max_paths),
        )
