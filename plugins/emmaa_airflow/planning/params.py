"""The parameters of the DAGs: the forms of the UI, and the check of what uploads pass."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from emmaa_cycle.after_update import AFTER_UPDATE_STAGES
from emmaa_cycle.dates import ROUND_PATTERN

#: What the drop-down *Notify subscribers* offers, and how it shows it.
NOTIFY_CHOICES = {None: "as usual", "yes": "yes", "no": "no"}
#: What a person chose of it, and what the API accepts beside it.
NOTIFY_MEANINGS: dict[Any, bool | None] = {
    None: None,
    "yes": True,
    "no": False,
    True: True,
    False: False,
}


#: What a form's field says, where the form may be Airflow's for a backfill.
_BACKFILL = (
    " In a backfill: tick “Override parameters on existing runs”, or Airflow does not send this"
    " form, and the runs are refused."
)


def models() -> Param:
    """Return the parameter that names some models, or all."""
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string", "minLength": 1},
        title="Models",
        description="Names of the models to run, one a line: their folders under models/ in the"
        " bucket, or their human-readable names. Empty: all models." + _BACKFILL,
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
        description=f"Date of the {what}, as in its key: YYYY-MM-DD-HH-MM-SS. Empty: the newest.",
    )


def notify(usual: str, *, backfills: bool = False) -> Param:
    """Return the parameter that decides whether subscribers may be notified.

    A drop-down: Airflow shows a switch for a boolean, and a switch has no third position. It
    shows texts alone, while the API accepts true and false, too. So validation follows ``$ref``,
    beside which JSON Schema's draft 7 ignores every other keyword, and the form follows ``enum``.

    :param usual: what happens as usual
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
        description=f"Whether subscribers are notified of what follows. As usual: {usual}."
        f"{_BACKFILL if backfills else ''}",
    )


def wants_notification(value: Any) -> bool | None:
    """Return what a run's *notify* decides; None leaves it as usual."""
    return NOTIFY_MEANINGS[value]


def test_corpora() -> Param:
    """Return the parameter that chooses some of a model's test corpora."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "minLength": 1},
        title="Test corpora",
        description="Which of the corpora in the model's config.json to test, one a line."
        " Empty: all of them.",
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
        description="Which stages to run; a stage that is left out uses what an earlier run of"
        " the round has made. Empty: all of them.",
    )


def upload() -> dict[str, Param]:
    """Return the parameters that name the upload which started the run."""
    return {
        name: Param(
            None,
            type=["null", "string"],
            title=f"Uploaded object: {name}",
            description=f"{text} of the upload that started the run. Leave it empty.",
            section="Set by uploads",
        )
        for name, text in (("bucket", "Bucket"), ("key", "S3 key"), ("etag", "ETag"))
    }
