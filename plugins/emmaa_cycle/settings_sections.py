"""The sections of the settings, one class for each table of the file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from emmaa_cycle.launcher import ARGV, Image, check_argv
from emmaa_cycle.resources import (
    BATCH_TARGETS,
    RETRY_STRATEGY,
    BatchTarget,
    ResourceClass,
)
from emmaa_cycle.settings_values import (
    CronOrNever,
    MetricNamespace,
    Moment,
    NotNegative,
    Positive,
    Text,
    TimeZone,
)
from emmaa_cycle.stages import STAGES, Stage

SUBMIT_POOL = "emmaa_submit"

_HOUR = 3600
_LARGE_MODELS = {stage: spec.large_models for stage, spec in STAGES.items() if spec.large_models}
_TIMEOUTS = {stage: spec.attempt_hours * _HOUR for stage, spec in STAGES.items()}
_TOTALS = {stage: spec.total_hours * _HOUR for stage, spec in STAGES.items()}
_ATTEMPTS = dict.fromkeys(STAGES, RETRY_STRATEGY.attempts)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Section):
    """The schedule of the cycles; ``EST`` is a fixed UTC-5, as in the original.

    :param update_pipeline: when all models are updated; if empty, only when a person starts it
    :param email_notifications: when mails are sent; if empty, only when a person starts it
    """

    timezone: TimeZone = "EST"
    update_pipeline: CronOrNever = "0 12 * * *"
    email_notifications: CronOrNever = "0 6 * * *"


class Batch(_Section):
    """The submission and polling of Batch jobs.

    :param targets: queue and definition of each resource class
    :param large_models: by stage, the models whose jobs are large; the defaults are the
        original's three sets, and hold for each stage that is not named
    :param timeout_seconds: by stage, the time limit of one attempt of a job
    :param total_seconds: by stage, the time limit from the submission of the first job to the end
        of the stage; after it, the job is ended and the task fails
    :param attempts: by stage, how often Batch itself tries a job whose host was lost
    :param submissions_per_second: the limit for all submissions of the deployment; the account's
        limit is 50. New deployments create a pool with as many slots
    :param poll_seconds: the polling interval while a job has just changed
    :param poll_max_seconds: the polling interval of jobs that have been running for long, or of
        very many jobs
    :param resume_seconds: the minimum delay between a task's deferral and its resumption. By
        then, the scheduler must have seen that the task's process ended: up to 9.5 s later on
        a busy two-core machine. Only failures and the upload watch resume
    :param log_lines: the number of last lines of a job's log that go into the task's log
    :param pool: the Airflow pool of the tasks that submit jobs. A task waits forever for a pool
        that does not exist; ``default_pool`` always does
    """

    targets: dict[ResourceClass, BatchTarget] = BATCH_TARGETS
    large_models: dict[Stage, frozenset[str]] = _LARGE_MODELS
    timeout_seconds: dict[Stage, Annotated[int, Field(ge=60)]] = _TIMEOUTS
    total_seconds: dict[Stage, Annotated[int, Field(ge=60)]] = _TOTALS
    attempts: dict[Stage, Annotated[int, Field(ge=1, le=10)]] = _ATTEMPTS
    submissions_per_second: Annotated[int, Field(ge=1, le=50)] = 45
    poll_seconds: Positive = 1
    poll_max_seconds: Positive = 30
    resume_seconds: NotNegative = 10
    log_lines: Annotated[int, Field(ge=1, le=10_000)] = 40
    pool: Text = SUBMIT_POOL

    @field_validator("targets", "large_models", "timeout_seconds", "total_seconds", "attempts")
    @classmethod
    def _others_stay(cls, named: dict[Any, Any], info: ValidationInfo) -> dict[Any, Any]:
        """Keep the default of each class or stage that is not named."""
        defaults: dict[Any, Any] = cls.model_fields[str(info.field_name)].default
        return defaults | named


_SENSOR_POLL_SECONDS = 60


class Uploads(_Section):
    """The start of runs by uploads.

    :param trigger: ``lambda`` (the upload watch repairs what it lost) or ``sensor`` (the upload
        watch alone)
    :param poll_seconds: the interval at which the watch lists the bucket; the default is 60 with
        ``sensor``, because no run starts earlier
    :param grace_seconds: the age of an upload at which the watch considers its event lost;
        ignored with ``sensor``
    :param lookback_hours: the maximum age of an upload whose run the watch starts
    :param key_days: the maximum age of the date in an upload's key: a round keeps the date of its
        first planning, however late its job succeeds
    :param not_before: uploads before this time are history and start no run
    :param watch_seconds: the duration of one run of the watch before the next takes over
    """

    trigger: Literal["lambda", "sensor"] = "lambda"
    poll_seconds: Positive = 600
    grace_seconds: NotNegative = 300
    lookback_hours: Annotated[float, Field(gt=0, le=876_000, allow_inf_nan=False)] = 48
    key_days: Annotated[float, Field(gt=0, le=36500, allow_inf_nan=False)] = 30
    not_before: Moment = datetime(2000, 1, 1, tzinfo=UTC)
    watch_seconds: Positive = 3600

    @model_validator(mode="before")
    @classmethod
    def _poll_of_trigger(cls, named: Any) -> Any:
        if isinstance(named, dict) and named.get("trigger") == "sensor":
            return {"poll_seconds": _SENSOR_POLL_SECONDS, **named}
        return named


class Launcher(_Section):
    """The command that starts a script in the job image.

    :param image: ``own`` is this repository's. ``existing`` is the original's: jobs then get the
        names, commands and flags that the original's functions submitted
    :param argv: the command; ``{script}`` becomes the script's file name and ``{purpose}`` the
        stage's. ``{args}`` as an item becomes the script's arguments, each as a separate
        item; inside an item it becomes all of them, separated by spaces. The default is the image's
    """

    image: Image = "own"
    argv: Annotated[tuple[str, ...], AfterValidator(check_argv)] = ARGV["own"]

    @model_validator(mode="before")
    @classmethod
    def _argv_of_image(cls, named: Any) -> Any:
        if isinstance(named, dict) and named.get("image") in ARGV:
            return {"argv": ARGV[named["image"]], **named}
        return named


class Mail(_Section):
    """The sender of mails (docs/reference/notifications.md#sender).

    :param region: the region whose SES sends
    :param form: ``full`` lists what changed and what is answered, ``short`` counts as the original
    """

    source: str = "emmaa_notifications@indra.bio"
    return_path: str = "feedback@indra.bio"
    region: str = "us-east-1"
    form: Literal["full", "short"] = "full"


class Links(_Section):
    """The destination of links in mails and tweets.

    :param airflow_url: Airflow's address, for links to the EMMAA page; if empty, links lead to the
        dashboard of the deployment's ``domain``
    """

    airflow_url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$")] = ""


class Twitter(_Section):
    """The account's API for tweets, for models whose config names an account.

    :param api_url: X's API; another address serves tests and relays
    """

    api_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.twitter.com"


class Reading(_Section):
    """Limits for input files from other programs.

    :param max_unpacked_mb: the largest input file, unpacked, in MB; larger ones are left out
    """

    max_unpacked_mb: Annotated[int, Field(ge=1, le=65_536)] = 256


class Statistics(_Section):
    """The services outside AWS that model statistics query, and can do without.

    :param paper_titles: ask PubMed for titles of papers
    :param curations: ask the INDRA DB for curations, where the jobs have an API key for it
    :param service_seconds: the total time limit for a service
    """

    paper_titles: bool = True
    curations: bool = True
    service_seconds: Positive = 60


class Operators(_Section):
    """The recipients of reports about failed runs and late models, and Airflow's address for links.

    Either a topic or mail addresses; without both, only the UI shows failures.

    :param topic_arn: an SNS topic
    :param addresses: mail addresses, reached by the Airflow connection ``smtp_conn_id``
    :param sender: the sender of such mails; the connection's sender if empty
    :param ui_url: the UI's address; Airflow's ``[api] base_url`` if empty
    """

    topic_arn: Annotated[str, Field(pattern=r"^(arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]+)?$")] = ""
    addresses: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = ()
    smtp_conn_id: Text = "smtp_default"
    sender: str = ""
    ui_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""

    @model_validator(mode="after")
    def _one_way(self) -> Operators:
        if self.topic_arn and self.addresses:
            raise ValueError("topic_arn and addresses exclude each other: a run sends one message")
        return self


class Metrics(_Section):
    """The place of the rounds' numbers for graphs and alarms, besides Airflow's metrics.

    :param cloudwatch_namespace: the namespace in CloudWatch; none is written if empty
    """

    cloudwatch_namespace: MetricNamespace = ""


class Cost(_Section):
    """Prices, for the estimate of what a model costs.

    The defaults are those of AWS Fargate on Linux, x86, in us-east-1
    (https://aws.amazon.com/fargate/pricing/).

    :param vcpu_hour: dollars for a processor and an hour
    :param gb_hour: dollars for a GB of memory and an hour
    """

    vcpu_hour: NotNegative = 0.04048
    gb_hour: NotNegative = 0.004445


class Deadline(_Section):
    """The hour by which every model's daily cycle must be complete.

    :param cron: when that is looked at, in the schedule's time zone; never if empty
    """

    cron: CronOrNever = "0 0 * * *"
