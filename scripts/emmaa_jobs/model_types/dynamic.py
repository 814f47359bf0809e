"""``dynamic``: a PySB model made to be simulated.

Its statements come from the config's ``assembly.dynamic``, which makes a smaller and more direct
model of the assembled ones. Queries about behaviour over time are answered with it; tests and
path queries are not, so it is no path type (``PATH_MODEL_TYPES``).
"""

from __future__ import annotations

from dataclasses import dataclass

from emmaa_jobs.model_types.pysb import PysbModel


@dataclass
class DynamicModel(PysbModel):
    """A PySB model of the statements of the ``dynamic`` assembly."""

    mc_type = "dynamic"
