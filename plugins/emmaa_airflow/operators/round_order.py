"""The sensor that makes the statistics of a model's rounds wait for each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.rounds.round_order import EarlierRounds
from emmaa_airflow.runs.xcom_keys import ROUND_KEY
from emmaa_cycle.after_update import AfterUpdatePlan
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

if TYPE_CHECKING:
    from airflow.sdk import Context


class RoundSensor(BaseSensorOperator):
    """Waits until some tasks have ended in all earlier rounds of the model.

    It occupies no worker while it waits. Rounds wait only for earlier ones, so no two wait for each
    other, and they do not wait for failed tasks.

    :param plan_task: the task that planned the round
    :param stage: the stage that waits; a run without this stage does not wait
    :param tasks: the ids of the tasks that must have ended
    """

    def __init__(
        self, *, plan_task: str, stage: Stage, tasks: Sequence[str], **kwargs: Any
    ) -> None:
        waiting = {
            "mode": "reschedule",
            "poke_interval": 60,
            # An assembly and a corpus' tests may take 20 hours each, and statistics 6. A round
            # that waits longer fails, which is reported to operators.
            "timeout": timedelta(days=2),
        }
        super().__init__(**{**waiting, **kwargs})
        self.plan_task = plan_task
        self.stage = stage
        self.tasks = list(tasks)

    def poke(self, context: Context) -> bool:
        """Check once, and log what the round waits for."""
        ti: Any = context["ti"]
        planned = AfterUpdatePlan.from_json(ti.xcom_pull(task_ids=self.plan_task, key=ROUND_KEY))
        if not any(self.stage in plan.jobs for plan in (planned.plan, *planned.corpora)):
            return True
        settings = load_settings()
        dag: Any = context["dag"]
        earlier = EarlierRounds(
            BucketReader.of(settings),
            settings.uploads,
            now=datetime.now(UTC),
            slots=dag.max_active_runs,
        )
        if reason := earlier.awaited(planned.plan.model, planned.round_date, self.tasks):
            self.log.info("Waiting: %s", reason)
        return not reason
