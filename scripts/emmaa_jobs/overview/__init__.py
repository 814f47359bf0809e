"""Writes what the EMMAA page shows of a model (docs/reference/overview.md)."""
