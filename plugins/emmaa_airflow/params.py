"""The parameters of the DAGs, which make their forms in the UI and check what uploads pass."""

from __future__ import annotations

from airflow.sdk import Param

from emmaa_cycle.after_update import AFTER_UPDATE_STAGES
from emmaa_cycle.dates import ROUND_PATTERN


def models() -> Param:
    """Some models, or all."""
    return Param(
        [],
        type="array",
        items={"type": "string", "minLength": 1},
        title="Models",
        description="Short names of the models to run, one a line. Empty: all models.",
    )


def model() -> Param:
    """One model."""
    return Param(
        type="string",
        minLength=1,
        title="Model",
        description="Short name of the model: its folder under models/ in the bucket.",
    )


def date(what: str) -> Param:
    """One state of a model.

    :param what: what the date is that of
    """
    return Param(
        None,
        type=["null", "string"],
        pattern=f"^{ROUND_PATTERN}$",
        title="Date",
        description=f"Date of the {what}, as in its key: YYYY-MM-DD-HH-MM-SS. Empty: the newest.",
    )


def notify(otherwise: str) -> Param:
    """Whether subscribers may hear of it.

    :param otherwise: what holds if nothing is chosen
    """
    return Param(
        None,
        type=["null", "boolean"],
        title="Notify subscribers",
        description=f"Whether subscribers may hear of what follows. Not chosen: {otherwise}.",
    )


def test_corpora() -> Param:
    """Some of a model's test corpora."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "minLength": 1},
        title="Test corpora",
        description="Which of the corpora in the model's config.json to test, one a line."
        " Empty: all of them.",
    )


def stages() -> Param:
    """Some of the stages after an update."""
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
    """Which upload started the run; a person leaves these empty."""
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
