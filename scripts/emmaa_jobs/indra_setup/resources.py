"""INDRA's offline resources: where they are, and whether they fit what is installed.

``scripts/prepare_resources.py`` makes them (:mod:`emmaa_jobs.indra_setup.resource_build`). A job
that needs INDRA's ontology calls :func:`check_resources` before it imports INDRA: without a fitting
cache, INDRA silently builds its whole ontology in the job (84 s, 3 GB) or downloads tables.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from emmaa_jobs.errors import ResourcesError

#: Raised when what a build writes changes, so that older builds are not used.
BUILD_FORMAT = 1
#: Distributions whose versions decide whether a build fits. The ontology's own version is a
#: constant of INDRA's, and its cache holds a networkx graph.
DISTRIBUTIONS = ("indra", "protmapper", "networkx")
STAMP = "emmaa-resources.json"
#: The tables that protmapper else downloads when a reader's module is imported.
PROTMAPPER_TABLES = (
    "hgnc_entries.tsv.gz",
    "uniprot_entries.tsv.gz",
    "uniprot_sec_ac.txt.gz",
)
_ADVICE = "build them with: python scripts/prepare_resources.py --root DIR"


@dataclass(frozen=True)
class ResourceFolders:
    """The two folders under one root, and the variables by which INDRA's libraries find them."""

    root: Path

    @property
    def pystow(self) -> Path:
        """``PYSTOW_HOME``: protmapper's tables."""
        return self.root / "pystow"

    @property
    def indra(self) -> Path:
        """``INDRA_RESOURCES``: the ontology's cache."""
        return self.root / "indra"

    @property
    def stamp(self) -> Path:
        """The record of the last build."""
        return self.root / STAMP

    def environment(self) -> dict[str, str]:
        """Return the environment variables that a job needs."""
        return {"PYSTOW_HOME": str(self.pystow), "INDRA_RESOURCES": str(self.indra)}


@dataclass(frozen=True)
class Stamp:
    """The record of a build: its inputs and its files; a build in progress has no files yet.

    :param ontology: ``mini`` or ``full``
    :param files: size in bytes of each file, by its path under the root
    """

    ontology: str
    versions: dict[str, str]
    files: dict[str, int]
    format: int = BUILD_FORMAT

    def write(self, path: Path) -> None:
        """Write the stamp whole or not at all."""
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        partial.replace(path)


def installed_versions() -> dict[str, str]:
    """Return the versions of the distributions that a build depends on."""
    return {name: version(name) for name in DISTRIBUTIONS}


def read_stamp(root: Path) -> Stamp | None:
    """Read the record of the build under ``root``; None if nothing was ever built there.

    :raises ResourcesError: if the stamp cannot be read.
    """
    path = ResourceFolders(root).stamp
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Stamp(**document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ResourcesError(f"{path} cannot be read ({error}): delete it and {_ADVICE}") from error


def misfit(root: Path) -> str | None:
    """Return why the resources under ``root`` cannot be used; None if they can."""
    stamp = read_stamp(root)
    if stamp is None:
        return f"there are none in {root}"
    if not stamp.files:
        return f"their build in {root} did not finish"
    made_with = {**stamp.versions, "build format": str(stamp.format)}
    for name, now in {**installed_versions(), "build format": str(BUILD_FORMAT)}.items():
        if made_with.get(name) != now:
            return f"{root} was built with {name} {made_with.get(name)}, but {now} is installed"
    for name, size in stamp.files.items():
        path = root / name
        if not path.is_file() or path.stat().st_size != size:
            return f"{path} is missing or was changed after it was built"
    return None


def check_resources(environment: Mapping[str, str] = os.environ) -> ResourceFolders:
    """Make sure that INDRA finds its resources and that they fit what is installed.

    Quick and without INDRA: call it at the start of a job.

    :raises ResourcesError: naming what is wrong and how to fix it.
    """
    named = environment.get("INDRA_RESOURCES")
    if not named or not environment.get("PYSTOW_HOME"):
        raise ResourcesError(
            "PYSTOW_HOME and INDRA_RESOURCES must name INDRA's offline resources"
            f" (DIR/pystow and DIR/indra): {_ADVICE}"
        )
    folders = ResourceFolders(Path(named).absolute().parent)
    for variable, path in folders.environment().items():
        if Path(environment[variable]).absolute() != Path(path):
            raise ResourcesError(
                f"{variable} is {environment[variable]}, but INDRA's offline resources are"
                " DIR/pystow and DIR/indra of one DIR: set both variables so"
            )
    why = misfit(folders.root)
    if why:
        raise ResourcesError(f"INDRA's offline resources cannot be used, {why}: {_ADVICE}")
    return folders


def bionetgen_folder() -> Path:
    """Return the folder of the wheel's BioNetGen: a value for ``BNGPATH``.

    :raises ResourcesError: if it or the Perl that it needs is absent.
    """
    spec = importlib.util.find_spec("bionetgen")
    if spec is None or spec.origin is None:
        raise ResourcesError("BioNetGen is absent: install the jobs' environment with uv sync")
    folder = Path(spec.origin).parent / "bng-linux"
    if not (folder / "BNG2.pl").is_file():
        raise ResourcesError(f"{folder} holds no BNG2.pl: install bionetgen again")
    if shutil.which("perl") is None:
        raise ResourcesError("BioNetGen needs perl, which is not on the PATH: install it")
    return folder


def use_bionetgen() -> None:
    """Let PySB find BioNetGen; a ``BNGPATH`` that is set already stays.

    :raises ResourcesError: see :func:`bionetgen_folder`.
    """
    if not os.environ.get("BNGPATH"):
        os.environ["BNGPATH"] = str(bionetgen_folder())
