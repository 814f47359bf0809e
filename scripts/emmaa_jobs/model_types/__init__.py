"""Model types: what a model's statements are assembled into, to be tested and queried.

A further type is one module with one subclass of :class:`AssembledModel`, entered in
:data:`MODEL_TYPES`. Modules are imported when a model of their type is assembled: PyBEL alone
takes seconds and hundreds of megabytes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from emmaa_cycle.errors import InputError
from emmaa_jobs.model_types.assembled_model import AssembledModel, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig

__all__ = ["MODEL_TYPES", "AssembledModel", "Step", "assemble"]

#: Class of each model type, as ``module:class`` in this package.
MODEL_TYPES = {
    "pysb": "pysb:PysbModel",
    "pybel": "pybel:PybelModel",
    "signed_graph": "graphs:SignedGraphModel",
    "unsigned_graph": "graphs:UnsignedGraphModel",
    "dynamic": "dynamic:DynamicModel",
}


def assemble(mc_type: str, statements: Sequence[Statement], config: ModelConfig) -> AssembledModel:
    """Assemble statements into a model; the statements stay as they are.

    :param mc_type: ``pysb``, ``pybel``, ``signed_graph``, ``unsigned_graph`` or ``dynamic``
    :param statements: the round's assembled statements; those of the other assembly for ``dynamic``
    :raises InputError: if there is no such type of model.
    """
    if mc_type not in MODEL_TYPES:
        raise InputError(
            f"model type {mc_type!r} (test.mc_types in config.json) cannot be assembled:"
            f" choose among {', '.join(MODEL_TYPES)}"
        )
    module, name = MODEL_TYPES[mc_type].split(":")
    model_class: type[AssembledModel] = getattr(import_module(f"{__name__}.{module}"), name)
    return model_class.assemble(list(statements), config)
