"""Environment variables that tell a job how it was submitted."""

from __future__ import annotations

#: The name of the job's Batch definition; the EMMAA page derives the job's memory from it.
DEFINITION_VARIABLE = "EMMAA_JOB_DEFINITION"
