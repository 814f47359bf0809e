"""Measurements, each beside its baseline (docs/benchmarks.md)."""
