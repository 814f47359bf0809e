"""The operator that runs one planned job on AWS Batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.client import AWS_CONN_ID, aws_client
from emmaa_airflow.batch.claimed_jobs import ClaimReader
from emmaa_airflow.batch.client import KILLED, BatchClient
from emmaa_airflow.batch.identity import JobIdentity
from emmaa_airflow.batch.outcome import SUCCEEDED
from emmaa_airflow.batch.rivals import InFlightError
from emmaa_airflow.batch.series import needs_larger_class
from emmaa_airflow.batch.submission import SecondJobError, Submission, Submitted
from emmaa_airflow.batch.submit_rate import Turns
from emmaa_airflow.batch.taken_dates import DateTakenError
from emmaa_airflow.operators.shown_job import show_job, show_links
from emmaa_airflow.reporting import links
from emmaa_airflow.rounds.update_order import check_no_newer_state, is_backfill, next_look
from emmaa_airflow.runs.task_states import GIVEN_UP, task_state
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_airflow.uploads.following_run import upload_of
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.config_pin import ConfigPin
from emmaa_cycle.origin import Origin
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment


class EmmaaBatchOperator(BaseOperator):
    """Submits the job of one stage, waits for it in the triggerer, and reports its outcome.

    Each series of attempts has one job: the attempt after one that died adopts its job (see
    :mod:`emmaa_airflow.batch.identity`). Batch itself repeats a job that is worth repeating at
    once; Airflow's retries repeat a job later, and after faults of Airflow itself.

    :param stage: the stage, which selects one of the plan's jobs
    :param planned: a plan's JSON (:meth:`emmaa_cycle.plan.Plan.to_json`), usually another task's
        result (templated). A stage for which it has no job is skipped with the plan's reason
    :param aws_conn_id: the connection to AWS
    :param region_name: the region of the jobs; that of the settings if None
    """

    template_fields: Sequence[str] = (
        *("planned", "job_id", "job_name", "job_definition", "job_queue"),
        *("container_overrides", "tags", "aws_conn_id", "region_name"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "planned": "json",
        "container_overrides": "json",
        "tags": "json",
    }
    ui_color = "#c3dae0"
    #: Each task waits in the triggerer.
    deferrable = True
    _is_running = False

    def __init__(
        self,
        *,
        stage: Stage,
        planned: Any = None,
        aws_conn_id: str | None = AWS_CONN_ID,
        region_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        settings = load_settings()
        super().__init__(**{"pool": settings.batch.pool, **kwargs})
        self.stage = stage
        self.planned = planned
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name or settings.aws_region
        self.job_id: str | None = None
        self.job_name = self.job_definition = self.job_queue = ""
        self.container_overrides: dict[str, Any] | None = None
        self.tags: dict[str, str] = {}

    @property
    def operator_extra_links(self) -> Any:  # type: ignore[override]
        """The links that the UI shows.

        The process that runs the task has none: otherwise Airflow would write all links again at
        the end of that process, and overwrite those of the trigger.
        """
        return () if getattr(self, "_is_running", False) else links.ALL_LINKS

    @property
    def label(self) -> str:
        """The name of a map index: the test corpus, or the model."""
        return Plan.from_json(self.planned).label if self.planned else ""

    def render_template_fields(
        self, context: Context, jinja_env: Environment | None = None
    ) -> None:
        """Render the fields, and add the plan's job to them."""
        super().render_template_fields(context, jinja_env)
        job = Plan.from_json(self.planned).jobs.get(self.stage) if self.planned else None
        if job is not None:
            self.job_name, self.job_queue = job.name, job.queue
            self.job_definition, self.tags = job.definition, dict(job.tags)
            self.container_overrides = {"command": job.command}

    def plan(self, context: Context) -> Plan:
        """Return the plan that has the job.

        :raises AirflowSkipException: if there is nothing to do, with the reason.
        """
        if self.planned is None:
            raise AirflowSkipException("nothing was planned")
        return Plan.from_json(self.planned)

    def execute(self, context: Context) -> None:
        """Submit the job, or adopt the job of an earlier attempt.

        :raises AirflowSkipException: if the plan has no job for this stage, with its reason; or if
            a sibling of the job is in flight, with its run, job and Batch's reason.
        :raises AirflowRescheduleException: the latter in a backfill, whose days wait.
        """
        self._is_running = True
        plan = self.plan(context)
        job = plan.jobs.get(self.stage)
        if job is None:
            raise AirflowSkipException(plan.skipped.get(self.stage, "nothing was planned"))
        self._run(plan, job, context)

    def execute_complete(self, context: Context, event: dict[str, Any] | str | None = None) -> Any:
        """Submit the job again, or fail with the reason from the trigger.

        A job that was short of memory is submitted to the larger class. A job for which AWS had no
        machine is submitted unchanged, and waits behind the jobs that it blocked. A success does
        not resume the task, because the trigger itself ends it; only ``dag.test()`` resumes it
        even then, with the name of the state as event.
        """
        self._is_running = True
        if event == TaskInstanceState.SUCCESS:
            return None
        if not isinstance(event, dict):
            raise AirflowException(f"the trigger ended with {event!r}")
        show_links(context, {links.LogLink: event.get("log_link") or ""})
        if self._run_again(event, context):
            return None  # it succeeded before this task was resumed again
        self._fail(event["message"], heals=event["heals"])

    def on_kill(self) -> None:
        """Leave the job running, because a worker that shuts down calls this too.

        The task itself sees a person's kill during the submission before it defers; the trigger
        sees a later one.
        """

    def _run_again(self, event: dict[str, Any], context: Context) -> bool:
        """Submit a job again if it failed only for lack of memory or capacity."""
        out_of_memory, requeue = event.get("out_of_memory"), event.get("requeue")
        if not (out_of_memory or requeue):
            return False
        plan = self.plan(context)
        job = plan.jobs[self.stage]
        if out_of_memory and not (job.larger and needs_larger_class(True, event["name"])):
            return False
        if requeue:
            self.log.warning(
                "%s. It is submitted again, behind the jobs that wait", event["message"]
            )
        ran_out = event["job_id"] if out_of_memory else ""
        self._run(plan, job, context, resumed=True, ran_out=ran_out)
        return True

    def _run(
        self,
        plan: Plan,
        job: BatchJob,
        context: Context,
        *,
        resumed: bool = False,
        ran_out: str = "",
    ) -> None:
        """Submit the job or reattach to it, and defer until it ends.

        :param resumed: whether this try has had a job, which has ended
        :param ran_out: the id of the job that has just run out of memory
        """
        submission = self._submission(plan, job, context, resumed=resumed, ran_out=ran_out)
        submitted = self._submitted(submission, plan, context)
        self.job_id = submitted.job_id
        console = links.Console.of(submission.batch.client)
        show_job(submitted, self.stage, plan, console, context)
        if submitted.status == SUCCEEDED:
            return
        self._stop_if_killed(submission, submitted, context)
        trigger = EmmaaBatchTrigger(
            job_id=submitted.job_id,
            region=self.region_name,
            conn_id=self.aws_conn_id,
            makes=upload_of(self.stage, plan.model, job.tags.get("round", "")),
            until=submitted.since + load_settings().batch.total_seconds[self.stage],
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _submission(
        self, plan: Plan, job: BatchJob, context: Context, *, resumed: bool, ran_out: str
    ) -> Submission:
        ti = context["ti"]
        settings = load_settings()
        # The original's image does not support claims.
        own_image = settings.launcher.image == "own"
        origin = Origin(ti.dag_id, ti.run_id, plan.notify)
        identity = JobIdentity.of(job.name, ti, self.retries or 0, resumed=resumed)
        # A person who cleared only this task may have corrected the config.
        pin = ConfigPin(plan.model, "" if identity.cleared else job.config_version)
        return Submission(
            BatchClient(self._client(), Turns().take),
            job,
            identity,
            {**origin.to_environment(), **pin.to_environment()},
            claims=ClaimReader(BucketReader.of(settings)) if own_image else None,
            ran_out=ran_out,
            before_submit=lambda: check_no_newer_state(self.stage, plan.model, job),
        )

    def _submitted(self, submission: Submission, plan: Plan, context: Context) -> Submitted:
        try:
            return submission.ensure()
        except DateTakenError as error:
            raise AirflowFailException(str(error)) from error
        except InFlightError as error:
            self._give_way(plan, error, context)
        except SecondJobError as error:
            raise AirflowException(str(error)) from error  # the next try adopts the first job

    def _give_way(self, plan: Plan, rival: InFlightError, context: Context) -> NoReturn:
        """Skip the model in this run; a day of a backfill waits instead."""
        if is_backfill(context):
            self.log.info("Waiting: %s", rival)
            raise AirflowRescheduleException(next_look(context)) from rival
        raise AirflowSkipException(
            f"model {plan.model!r} is left out of this run, because its previous update is still"
            f" in flight: {rival}. The next run reads what this one would have read"
        ) from rival

    def _stop_if_killed(
        self, submission: Submission, submitted: Submitted, context: Context
    ) -> None:
        ti = context["ti"]
        state = task_state(ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
        if state == TaskInstanceState.DEFERRED:
            # Airflow has given up this attempt, and the next one is waiting already.
            if submitted.reattached or not submission.has_twin(submitted):
                return
        elif state not in GIVEN_UP:
            return
        submission.batch.terminate(submitted.job_id, KILLED)
        raise AirflowFailException(
            f"the task was killed while it submitted Batch job {submitted.job_id}, which was ended"
        )

    def _client(self) -> Any:
        return aws_client("batch", self.region_name, self.aws_conn_id)

    @staticmethod
    def _fail(message: str, *, heals: bool) -> NoReturn:
        raise AirflowException(message) if heals else AirflowFailException(message)
