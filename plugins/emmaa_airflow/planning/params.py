"""The parameters of the DAGs: the forms of the UI, and the schema of what uploads pass."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from emmaa_cycle.dates import ROUND_PATTERN
from emmaa_cycle.stages import AFTER_UPDATE_STAGES

#: The options of the drop-down *Notify subscribers*, and their labels.
NOTIFY_CHOICES = {None: "as usual", "yes": "yes", "no": "no"}
#: The meaning of each option, and of the other values that the API accepts.
NOTIFY_MEANINGS: dict[Any, bool | None] = {
    None: None,
    "yes": True,
    "no": False,
    True: True,
    False: False,
}

#: Added to the description of each field that the form of a backfill shows.
_BACKFILL = (
    " In a backfill, tick “Override parameters on existing runs”: otherwise Airflow does not send"
    " this form, and the runs are refused."
)


def models() -> Param:
    """Return the parameter that names some models, or all."""
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string", "minLength": 1},
        title="Models",
        description="Names of the models to run, one per line: folders under models/ in the"
        " bucket, or human-readable names. Leave empty for all models." + _BACKFILL,
    )


def model() -> Param:
    """Return the parameter that names one model."""
    return Param(
        type="string",
        minLength=1,
        title="Model",
        description="Name of the model: its folder under models/ in the bucket, or its"
        " human-readable name.",
    )


def date(what: str) -> Param:
    """Return the parameter that chooses one state of a model.

    :param what: the object that the date identifies, for example "model file"
    """
    return Param(
        None,
        type=["null", "string"],
        # Python's $ also matches before a line break at the end.
        pattern=rf"^{ROUND_PATTERN}$(?!\n)",
        title="Date",
        description=f"Date of the {what}, as in its key: YYYY-MM-DD-HH-MM-SS. Leave empty for the"
        " newest.",
    )


def notify(usual: str, *, backfills: bool = False) -> Param:
    """Return the parameter that decides whether subscribers may be notified.

    The form shows a drop-down, because Airflow's switch for booleans has no third position. The
    drop-down has only texts, but the API accepts true and false too. So the form reads ``enum``,
    and validation reads ``$ref``: in draft 7, JSON Schema ignores all keywords beside it.

    :param usual: the effect of *as usual*
    :param backfills: whether the DAG has backfills
    """
    accepted: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/accepted",
        "definitions": {"accepted": {"enum": list(NOTIFY_MEANINGS)}},
    }
    return Param(
        None,
        **accepted,
        type=["null", "string"],
        enum=list(NOTIFY_CHOICES),
        values_display={str(value): shown for value, shown in NOTIFY_CHOICES.items()},
        title="Notify subscribers",
        description=f"Whether subscribers are notified of the results. As usual: {usual}."
        f"{_BACKFILL if backfills else ''}",
    )


def wants_notification(value: Any) -> bool | None:
    """Return the decision of a run's *notify*; None means as usual."""
    return NOTIFY_MEANINGS[value]


def test_corpora() -> Param:
    """Return the parameter that chooses some of a model's test corpora."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "minLength": 1},
        title="Test corpora",
        description="Corpora to test, of those in the model's config.json, one per line."
        " Leave empty for all of them.",
    )


def stages() -> Param:
    """Return the parameter that chooses some of the stages after an update."""
    names = [str(stage) for stage in AFTER_UPDATE_STAGES]
    return Param(
        names,
        type=["null", "array"],
        items={"type": "string", "enum": names},
        examples=names,
        title="Stages",
        description="Stages to run. The others are skipped; what they made in an earlier run of"
        " the round is used. Leave empty for all stages.",
    )


def upload() -> dict[str, Param]:
    """Return the parameters that name the upload which started the run."""
    return {
        name: Param(
            None,
            type=["null", "string"],
            title=f"Uploaded object: {name}",
            description=f"{text} of the upload that started the run. Leave empty.",
            section="Set by uploads",
        )
        for name, text in (("bucket", "Bucket"), ("key", "S3 key"), ("etag", "ETag"))
    }
