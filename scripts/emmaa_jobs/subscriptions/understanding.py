"""A query that a person wrote, checked against the model that it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emmaa_cycle.json_text import parse_json
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.indra_setup.resources import check_resources
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.queries.entities import Entities, Entity
from emmaa_jobs.queries.query import QueryError, query_model_hash
from emmaa_jobs.queries.query_types import Query, query_from_json
from emmaa_jobs.queries.sentences import query_from_sentence
from emmaa_jobs.queries.simulation_queries import DynamicProperty, SimpleInterventionProperty

if TYPE_CHECKING:
    from emmaa_jobs.queries.round_model import RoundModel


@dataclass(frozen=True)
class Understood:
    """A query to a model, as it will be registered.

    :param entities: the entities that it names
    :param answered_by: the model types that will answer; none before the model's first round
    """

    query: Query
    model: str
    entities: tuple[Entity, ...]
    answered_by: tuple[str, ...]

    @property
    def hash(self) -> int:
        """The query's key in the database."""
        return query_model_hash(self.query, self.model)

    def lines(self) -> list[str]:
        """Return what was understood, for the person who asks."""
        answered = ", ".join(self.answered_by) or "no model type yet"
        return [
            f"understood as {self.query.qtype} {self.hash}: {self.query.text()}",
            *(f"  {entity}" for entity in self.entities),
            f"  answered by {answered}",
        ]


def understand(bucket: Bucket, model: str, text: str, *, only_known: bool = True) -> Understood:
    """Read a query, a sentence or JSON, and check that the model can be asked it.

    :param only_known: whether the model's newest round must have all entities, and the states
        that a simulation observes
    :raises InputError: if there is no such model, or the query cannot be read or asked.
    :raises ResourcesError: if INDRA's resources are not there.
    """
    load_config(bucket, model)  # a model that is misspelt has none
    check_resources()
    round_model = _newest_round(bucket, model)
    of_model = round_model.record.entities if round_model else []
    entities = Entities(of_model, model, only_known=only_known)
    query = _read(text, entities)
    if only_known and _is_simulated(query):
        _check_states(query, model, round_model)
    found = {entity.name: entity for entity in entities.found.values()}
    return Understood(query, model, tuple(found.values()), _answering(query, round_model))


def _newest_round(bucket: Bucket, model: str) -> RoundModel | None:
    from emmaa_jobs.queries.round_model import RoundModel

    try:
        return RoundModel(bucket, load_manager(bucket, model))
    except MissingObjectError:
        return None  # a new model


def _read(text: str, entities: Entities) -> Query:
    if not text.lstrip().startswith("{"):
        return query_from_sentence(text, entities.agent, entities.is_name)
    try:
        document = parse_json(text)
    except ValueError as error:
        raise QueryError(f"the query is not JSON: {error}") from error
    query = query_from_json(document)
    for agent in query.agents():
        entities.check(agent.name, agent.db_refs)
    try:
        query.matches_key()
    except Exception as error:  # INDRA fails in many ways on odd agents
        raise QueryError(f"the query has no identity: {type(error).__name__}: {error}") from error
    return query


def _is_simulated(query: Query) -> bool:
    return isinstance(query, DynamicProperty | SimpleInterventionProperty)


def _answering(query: Query, round_model: RoundModel | None) -> tuple[str, ...]:
    if round_model is None:
        return ()
    if _is_simulated(query):
        return (round_model.simulated_type,) if round_model.simulated_type else ()
    return tuple(round_model.path_types)


def _check_states(query: Query, model: str, round_model: RoundModel | None) -> None:
    """Raise an error if the simulated model lacks a state that the query observes."""
    from emmaa_jobs.model_types import assemble
    from emmaa_jobs.simulation import NotInModelError, ObservedModel

    if round_model is None or round_model.simulated_type is None:
        raise QueryError(
            f"model {model!r} is not simulated, which {query.qtype} needs: add `dynamic` or `pysb`"
            " to test.mc_types of its config, or use --unknown-entities"
        )
    mc_type = round_model.simulated_type
    assembled = assemble(mc_type, round_model.statements_of(mc_type), round_model.config)
    target = query.agents()[-1]
    observed = ObservedModel(assembled.model, [target])
    try:
        for agent in query.agents():
            observed.amount(agent)
        observed.observable(target)
    except NotInModelError as error:
        sites = {m.name: ", ".join(m.sites) for m in assembled.model.monomers}
        known = sites.get(target.name)
        hint = f"; sites of {target.name} there: {known or 'none'}" if target.name in sites else ""
        raise QueryError(
            f"the {mc_type} model of {model!r} cannot answer {query.text()!r:.200}: {error}{hint}."
            " The state must be one that its statements make (docs/queries.md)"
        ) from error
