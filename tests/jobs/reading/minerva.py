"""A MINERVA server with a made-up map, and the config that names it."""

from __future__ import annotations

from typing import Any

from tests.jobs.local_service import Reply, Request

MAP = {"map_name": "madeupmap", "filenames": "all", "metadata": {"internal": True}}
SIF_FOLDER = "/Executable%20Modules/SBML_qual_build/sif"


def element(number: int, name: str, complex_id: int | None = None, **refs: str) -> dict[str, Any]:
    return {
        "id": number,
        "elementId": f"sa{number}",
        "name": name,
        "type": "Protein",
        "complexId": complex_id,
        "references": [{"type": kind, "resource": ref} for kind, ref in refs.items()],
    }


class Minerva:
    """A map of two models; both servers at once."""

    def __init__(self) -> None:
        self.sif = {
            "first_raw.sif": "# made up\nsa1 POSITIVE sa2\nsa2 NEGATIVE sa3\n\nsa4 POSITIVE sa1\n",
            "second_raw.sif": "sa1 NEGATIVE sa1\n",
        }
        self.elements = {
            11: [
                element(1, "BRAF", HGNC="HGNC:1097", HGNC_SYMBOL="BRAF", PUBMED="1"),
                element(2, "MEK1", UNIPROT="Q02750", EC="2.7.12.2", HGNC="HGNC:6840"),
                element(3, "apoptosis", GO="GO:0006915"),
                {**element(4, "a complex"), "type": "Complex"},
                element(5, "ERK2", complex_id=4, HGNC="HGNC:6871"),
                element(6, "ELK1", complex_id=4, HGNC="HGNC:3321"),
            ],
            12: [element(1, "EGF", HGNC="HGNC:3229")],
        }
        self.more_models: list[Any] = []
        self.more_rows = b""
        self.projects: list[Any] = [
            {"projectId": "madeup_map_01Jan25", "creationDate": "2025-01-01 00:00:00"},
            {"projectId": "madeup_map_05Feb26", "creationDate": "2026-02-05 00:00:00"},
            {"projectId": "madeup_map_draft", "creationDate": "2026-03-01 00:00:00"},
        ]

    def __call__(self, request: Request) -> Reply:
        project = "/projects/madeup_map_05Feb26/models"
        path = request.path
        if path == "/projects/":
            return Reply.json(self.projects)
        if path == f"{project}/":
            names = {11: "First pathway", 12: "Second pathway", 13: "The whole map"}
            models = [{"idObject": i, "name": name} for i, name in names.items()]
            return Reply.json(models + self.more_models)
        if path.startswith(project):
            return Reply.json(self.elements[int(path.split("/")[4])])
        if path == "/Integration/MINERVA_build/resources.csv":
            return Reply(
                b"Type,Resource,Include,Name\n"
                + self.more_rows
                + b"PATHWAY,https://git.example/curation/first.xml,Yes,First pathway\n"
                b"PATHWAY,https://git.example/curation/second.xml,Yes,Second pathway\n"
                b"PATHWAY,https://git.example/curation/third.xml,Yes,Third pathway\n"
            )
        assert path.startswith(SIF_FOLDER)
        return Reply(self.sif[path.removeprefix(SIF_FOLDER + "/")].encode())
