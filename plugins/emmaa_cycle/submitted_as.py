"""Environment variables that tell a job how it was submitted."""

from __future__ import annotations

#: The name of the job's Batch definition: with it, the EMMAA page knows what the job had.
DEFINITION_VARIABLE = "EMMAA_JOB_DEFINITION"
