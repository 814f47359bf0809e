"""A PySB model's rules in the languages of simulators: ``bngl``, ``kappa`` and ``pysb_flat``."""

from __future__ import annotations

from emmaa_jobs.exports.source import ExportSource


def bngl(source: ExportSource) -> bytes:
    """BioNetGen's language."""
    return _exported(source, "bngl", f"# {source.title}\n")


def kappa(source: ExportSource) -> bytes:
    """Kappa, whose comments PySB does not know: it would write a ``#``."""
    return _exported(source, "kappa", f"// {source.title}\n")


def pysb_flat(source: ExportSource) -> bytes:
    """Python code that makes the PySB model, with the statement of each rule."""
    return _exported(source, "pysb_flat", f"# {source.title}\n")


def _exported(source: ExportSource, language: str, heading: str) -> bytes:
    from pysb.export import export

    text: str = export(source.assembled.model, language)
    return (heading + text).encode()
