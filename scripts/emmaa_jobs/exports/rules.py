"""A PySB model's rules in the languages of simulators: ``bngl``, ``kappa`` and ``pysb_flat``."""

from __future__ import annotations

from emmaa_jobs.exports.source import ExportSource
from emmaa_jobs.rule_models.languages import bngl_source, kappa_source, pysb_flat_source


def bngl(source: ExportSource) -> bytes:
    """Return the model in BioNetGen's language."""
    return f"# {source.title}\n{bngl_source(source.assembled.model)}".encode()


def kappa(source: ExportSource) -> bytes:
    """Return the model in Kappa, whose comments PySB does not know: it would write a ``#``."""
    return f"// {source.title}\n{kappa_source(source.assembled.model)}".encode()


def pysb_flat(source: ExportSource) -> bytes:
    """Return Python code that makes the PySB model, with the statement of each rule."""
    return f"# {source.title}\n{pysb_flat_source(source.assembled.model)}".encode()
