"""Exports: a round's models as files for other tools (docs/exports.md).

A further format is one function that makes the file of an :class:`ExportSource`, entered in
:data:`EXPORT_FORMATS`.
"""

from emmaa_jobs.exports.plan import ExportPlan, Exports
from emmaa_jobs.exports.registry import EXPORT_FORMATS, ExportFormat
from emmaa_jobs.exports.source import ExportSource

__all__ = ["EXPORT_FORMATS", "ExportFormat", "ExportPlan", "ExportSource", "Exports"]
