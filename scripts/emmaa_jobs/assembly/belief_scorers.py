"""Belief scorers that a config's assembly loads from S3, as JSON.

The original pickles them, but loading a pickle runs any code that its writer put into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from emmaa_cycle.errors import InputError
from emmaa_cycle.validation import described
from emmaa_jobs.bucket import Bucket

if TYPE_CHECKING:
    from indra.belief import BeliefScorer

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorRates(_Form):
    """The error rates of sources, by ``source_api``.

    :param rand: at random, in each piece of evidence
    :param syst: in all they say
    """

    rand: dict[str, Probability] = {}
    syst: dict[str, Probability] = {}


class SimpleForm(_Form):
    """INDRA's ``SimpleScorer``: error rates over its own.

    :param subtype_probs: random error rates of a source's rules
    """

    scorer: Literal["SimpleScorer"]
    prior_probs: ErrorRates = ErrorRates()
    subtype_probs: dict[str, dict[str, Probability]] | None = None

    def scorer_made(self) -> BeliefScorer:
        """Make the scorer."""
        from indra.belief import SimpleScorer

        return SimpleScorer(self.prior_probs.model_dump(), self.subtype_probs)


class BayesianForm(_Form):
    """INDRA's ``BayesianScorer``: counts of right and wrong evidence, by source and rule."""

    scorer: Literal["BayesianScorer"]
    prior_counts: dict[str, tuple[Count, Count]] = {}
    subtype_counts: dict[str, dict[str, tuple[Count, Count]]] = {}

    def scorer_made(self) -> BeliefScorer:
        """Make the scorer."""
        from indra.belief import BayesianScorer

        return BayesianScorer(dict(self.prior_counts), dict(self.subtype_counts))


_FORMS: TypeAdapter[SimpleForm | BayesianForm] = TypeAdapter(
    Annotated[SimpleForm | BayesianForm, Field(discriminator="scorer")]
)


def load_scorer(bucket: Bucket, key: str) -> BeliefScorer:
    """Load a belief scorer that is described in JSON.

    :raises MissingObjectError: if there is no such object.
    :raises InputError: naming object and field, if it describes no scorer.
    """
    where = f"s3://{bucket.name}/{key}"
    if key.endswith((".pkl", ".pickle")):
        raise InputError(
            f"{where} is a pickle, which would run code: write the scorer as JSON (docs/jobs.md)"
        )
    document = bucket.read_json(key)
    try:
        form = _FORMS.validate_python(document)
    except ValidationError as error:
        raise InputError(f"{where} describes no belief scorer: {described(error)}") from error
    scorer = form.scorer_made()
    if isinstance(form, SimpleForm):
        _check_sources(form.prior_probs, scorer, where)
    return scorer


def _check_sources(rates: ErrorRates, scorer: Any, where: str) -> None:
    known = scorer.prior_probs
    named = rates.rand.keys() | rates.syst.keys()
    half = sorted(named - (known["rand"].keys() & known["syst"].keys()))
    if half:
        raise InputError(f"{where}: {', '.join(half)} needs both a rate rand and a rate syst")
