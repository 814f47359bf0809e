"""The planning tasks: they read the bucket and apply the pure rules of the cycle.

Bad input fails a task at once, because no retry corrects a config.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.round_release import write_release
from emmaa_airflow.planning.model_names import named_corpora, named_models
from emmaa_airflow.planning.params import wants_notification
from emmaa_airflow.planning.round_config import round_config
from emmaa_airflow.runs.dag_names import dag_name
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.after_update import AfterUpdatePlan, after_update_plan
from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.daily import DailyPlan, daily_plan
from emmaa_cycle.dates import day_of, format_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.plan import Plan, email_plan, mm_update_plan, new_round
from emmaa_cycle.quality.release import ReleaseState, RoundRelease
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.suggestions import did_you_mean, listed, quoted
from emmaa_cycle.uploads import Upload, UploadKind, parse_upload

P = ParamSpec("P")
T = TypeVar("T")
Params = Mapping[str, Any]
#: The field that a backfill must have, because it selects the models.
BACKFILL_FIELD = "models"


def bad_input_fails(function: Callable[P, T]) -> Callable[P, T]:
    """Let bad input fail a task without retries."""

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise AirflowFailException(str(error)) from error

    return checked


@bad_input_fails
def list_models(params: Params) -> list[str]:
    """Return the models of a run of the daily cycle.

    :raises AirflowSkipException: if the bucket has none.
    :raises AirflowFailException: if a requested model does not exist.
    """
    reader = _reader()
    if asked := params["models"]:
        return named_models(reader, asked)
    if there := reader.models():
        return there
    raise AirflowSkipException(f"s3://{reader.bucket}/models/ holds no models")


@bad_input_fails
def check_conf(dag: Any, dag_run: Any) -> None:
    """Refuse a conf with unknown keys, and a backfill that does not choose models.

    Airflow checks the values of a DAG's parameters, but silently accepts any other key:
    ``{"model": "marm"}`` would run ``emmaa_update_pipeline`` for all models.

    :raises AirflowFailException: if there is one; the message has the key and the most similar
        parameter.
    """
    conf = dag_run.conf or {}
    _check_keys(dag.dag_id, conf, list(dag.params))
    if dag_run.run_type == "backfill" and BACKFILL_FIELD in dag.params:
        _check_backfill(conf)


@bad_input_fails
def plan_model(model: str, params: Params, run: RunFacts) -> DailyPlan:
    """Plan one model's part of the daily cycle."""
    notify = wants_notification(params["notify"])
    config, version = _reader().versioned_config(model)
    plan = daily_plan(
        RoundJobs(load_settings(), model, format_round(datetime.now(UTC)), config),
        run_moment=run.moment,
        until=_day(run.logical_date) if run.logical_date else None,
        # A backfill of an old day must not tweet or mail unless it is asked to.
        notify=not run.is_backfill if notify is None else notify,
    )
    return plan.with_config(version)


@bad_input_fails
def plan_mm_update(params: Params, run: RunFacts) -> Plan:
    """Plan the assembly of the uploaded, the named or the newest state of a model."""
    reader = _reader()
    model = _model(reader, params)
    upload = _upload(reader, UploadKind.MODEL, model, params)
    round_date = new_round(
        run.moment,
        lambda date: reader.round_is_foreign(model, date, run.run_id),
        uploaded=upload.round_date if params["key"] else None,
    )
    origin = reader.origin(upload.key)
    config, version = reader.versioned_config(model)
    plan = mm_update_plan(
        RoundJobs(load_settings(), model, round_date, config),
        model_date=upload.round_date,
        notify=_notify(origin, params),
        uploaded=bool(params["key"]),
    )
    return plan.with_config(version).caused_by(origin)


@bad_input_fails
def plan_after_update(params: Params) -> AfterUpdatePlan:
    """Plan all jobs after the uploaded, the named or the newest manager of a model.

    Mails about a round that may be held wait from here on: its first answers come before the gate.
    """
    reader = _reader()
    model = _model(reader, params)
    upload = _upload(reader, UploadKind.MODEL_MANAGER, model, params)
    origin = reader.origin(upload.key)
    # A person may start a run for a change of the config, such as a new test corpus.
    by_upload = bool(params["key"])
    config = round_config(reader, model, upload.key) if by_upload else reader.config(model)
    plan = after_update_plan(
        RoundJobs(load_settings(), model, upload.round_date, config),
        corpora=named_corpora(reader, config, model, params["test_corpora"] or ()),
        stages=params["stages"] or (),
        notify=_notify(origin, params),
    )
    if plan.may_be_held:
        unchecked = RoundRelease(model=model, date=plan.round_date, state=ReleaseState.UNCHECKED)
        write_release(reader, unchecked)
    return plan.caused_by(origin)


def plan_emails(run: RunFacts) -> Plan:
    """Return the plan of the mail to all users about their queries."""
    return email_plan(load_settings(), run_moment=run.moment)


def _check_keys(dag_id: str, conf: Mapping[str, Any], known: list[str]) -> None:
    unknown = [key for key in conf if key not in known]
    if unknown:
        names = listed([quoted(key) for key in unknown])
        meant = did_you_mean(unknown[0], known) or "."
        raise InputError(
            f"{dag_name(dag_id)} has no parameter {names}{meant} Its parameters are:"
            f" {listed(known)}. Start a new run with the right name; nothing was done in this one"
        )


def _check_backfill(conf: Mapping[str, Any]) -> None:
    """Refuse a backfill without the values of its form.

    The UI of Airflow 3.3 sends them only if a box is ticked, so that a backfill of one model
    would silently be one of all models (apache/airflow#64939).
    """
    if BACKFILL_FIELD not in conf:
        raise InputError(
            "this backfill came without the values of its form, so it does not say which models"
            " to update. Create it again: in the UI with *Override parameters on existing runs*"
            " ticked and *Reprocess Behavior* at *Missing and Errored Runs*; by command or API with"
            ' {"models": ["NAME"]} as conf, or {"models": []} for all models'
        )


def _model(reader: BucketReader, params: Params) -> str:
    """Return the run's model; an upload's key has its exact name."""
    name: str = params["model"]
    return name if params["key"] else named_models(reader, [name])[0]


def _upload(reader: BucketReader, kind: UploadKind, model: str, params: Params) -> Upload:
    """Return the run's object: the uploaded one, the one of a date, or the newest."""
    key = params["key"]
    if not key:
        return reader.upload(kind, model, params["date"])
    if params.get("bucket") not in (None, "", reader.bucket):
        raise InputError(
            f"the upload is in the bucket {params['bucket']!r}, but this deployment works on"
            f" {reader.bucket!r}: correct the setting bucket, or the source of the uploads' events"
        )
    upload = parse_upload(reader.bucket, key, params["etag"] or "")
    if upload is None or upload.kind is not kind or upload.model != model:
        raise InputError(f"key {key!r} is not that of a {kind} of the model {model!r}")
    return upload


def _day(moment: datetime) -> str:
    return day_of(format_round(moment))


def _notify(origin: Origin | None, params: Params) -> bool:
    """Return the run's decision, or else that of the run that made the object."""
    wanted = wants_notification(params["notify"])
    return wanted if wanted is not None else origin is None or origin.notify


def _reader() -> BucketReader:
    settings: Settings = load_settings()
    return BucketReader.of(settings)
