"""Tests of a model: which statements of a corpus it explains, and how."""
