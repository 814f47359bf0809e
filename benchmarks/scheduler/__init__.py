"""Benchmarks of the scheduler's side, each against a stated baseline in the same run."""
