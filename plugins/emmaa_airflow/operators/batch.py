"""The operator that runs one planned job on AWS Batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.providers.amazon.aws.links.batch import BatchJobDetailsLink
from airflow.providers.amazon.aws.links.logs import CloudWatchEventsLink
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.aws import AWS_CONN_ID, aws_client
from emmaa_airflow.batch_jobs import SUCCEEDED, BatchJobs
from emmaa_airflow.job_identity import job_identity
from emmaa_airflow.task_states import task_state
from emmaa_airflow.triggers.batch import EmmaaBatchTrigger
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.origin import Origin
from emmaa_cycle.plan import Plan
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment


class EmmaaBatchOperator(BatchOperator):
    """Submits the job of one stage, waits in the triggerer, and shows how it ended.

    Each series of attempts has one job: an attempt that takes over from one that died goes on
    with its job (see :mod:`emmaa_airflow.job_identity`). Batch repeats what is worth repeating at
    once; Airflow's retries repeat what is worth repeating later, and what Airflow itself lost.

    :param stage: which of the plan's jobs this is
    :param planned: a plan's JSON (:meth:`emmaa_cycle.plan.Plan.to_json`), usually another task's
        result (templated). A stage for which it has no job is skipped with the plan's reason
    """

    template_fields: Sequence[str] = ("planned", *BatchOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **BatchOperator.template_fields_renderers,
        "planned": "json",
    }
    operator_extra_links: Any = (BatchJobDetailsLink(), CloudWatchEventsLink())

    def __init__(self, *, stage: Stage, planned: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("region_name", load_settings().aws_region)
        kwargs.setdefault("aws_conn_id", AWS_CONN_ID)
        super().__init__(job_name="", job_definition="", job_queue="", deferrable=True, **kwargs)
        self.stage = stage
        self.planned = planned

    @property
    def label(self) -> str:
        """What a map index is called: the test corpus, else the model."""
        return Plan.from_json(self.planned).label if self.planned else ""

    def render_template_fields(
        self, context: Context, jinja_env: Environment | None = None
    ) -> None:
        """Render, and show the job that the plan holds among the rendered fields."""
        super().render_template_fields(context, jinja_env)
        job = Plan.from_json(self.planned).jobs.get(self.stage) if self.planned else None
        if job is not None:
            self.job_name, self.job_queue = job.name, job.queue
            self.job_definition, self.tags = job.definition, dict(job.tags)
            self.container_overrides = {"command": job.command}

    def plan(self, context: Context) -> Plan:
        """The plan to take the job from.

        :raises AirflowSkipException: if there is nothing to do, with the reason.
        """
        if self.planned is None:
            raise AirflowSkipException("nothing was planned")
        return Plan.from_json(self.planned)

    def execute(self, context: Context) -> None:
        """Submit the job, or take up the one that an earlier attempt has submitted.

        :raises AirflowSkipException: if the plan has no job for this stage, with its reason.
        """
        plan = self.plan(context)
        job = plan.jobs.get(self.stage)
        if job is None:
            raise AirflowSkipException(plan.skipped.get(self.stage, "nothing was planned"))
        if self._ensure(job, plan.notify, context) == SUCCEEDED:
            return
        self._stop_if_killed(context)
        trigger = EmmaaBatchTrigger(
            job_id=str(self.job_id), region=self.region_name, conn_id=self.aws_conn_id
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Context, event: dict[str, Any] | str | None = None) -> Any:
        """Fail with what the trigger found.

        A success does not come here, for the trigger itself ends the task; only ``dag.test()``
        resumes it even then, with the name of the state as event.
        """
        if event == TaskInstanceState.SUCCESS:
            return None
        if not isinstance(event, dict):
            raise AirflowException(f"the trigger ended with {event!r}")
        if link := event.get("log_link"):
            context["ti"].xcom_push(key=CloudWatchEventsLink.key, value=link)
        self._fail(event["message"], heals=event["heals"])

    def on_kill(self) -> None:
        """Leave the job alone: a worker that shuts down calls this too.

        A person's kill while the job is being submitted is seen before the task defers, one
        after that by the trigger.
        """

    def _ensure(self, job: BatchJob, notify: bool, context: Context) -> str:
        ti = context["ti"]
        jobs = BatchJobs(self._client())
        origin = Origin(ti.dag_id, ti.run_id, notify)
        identity = job_identity(job.name, ti, self.retries or 0)
        submitted = jobs.ensure(job, identity, origin.to_environment())
        self.job_id = submitted.job_id
        how = "Took up" if submitted.reattached else "Submitted"
        self.log.info("%s Batch job %s (%s)", how, identity.name, submitted.job_id)
        self.log.info("Queue %s, definition %s", job.queue, job.definition)
        self.log.info("Command: %s", job.command)
        BatchJobDetailsLink.persist(
            context=context,
            operator=self,
            region_name=self.region_name or "",
            aws_partition="aws",
            job_id=self.job_id,
        )
        return submitted.status

    def _stop_if_killed(self, context: Context) -> None:
        ti = context["ti"]
        state = task_state(ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
        if state != TaskInstanceState.RUNNING:
            BatchJobs(self._client()).terminate(str(self.job_id), "Its Airflow task was killed")
            raise AirflowFailException(
                f"the task was killed while it submitted Batch job {self.job_id}, which was ended"
            )

    def _client(self) -> Any:
        return aws_client("batch", self.region_name, self.aws_conn_id)

    @staticmethod
    def _fail(message: str, *, heals: bool) -> NoReturn:
        raise AirflowException(message) if heals else AirflowFailException(message)
