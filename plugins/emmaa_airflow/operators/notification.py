"""The operator that notifies subscribers of a round when its statistics are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_airflow.runs.task_states import run_states
from emmaa_airflow.runs.xcom_keys import GATE_KEY, ROUND_KEY
from emmaa_cycle.after_update import AfterUpdatePlan, notification_plan
from emmaa_cycle.plan import Plan
from emmaa_cycle.quality.release import RoundRelease
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage

if TYPE_CHECKING:
    from airflow.sdk import Context

_THERE = (TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED)


class NotificationOperator(EmmaaBatchOperator):
    """Sends the news of the model's statistics and of the corpora whose statistics succeeded.

    It must run when all statistics have ended in any state (``trigger_rule="all_done"``), and
    checks their states itself.

    :param gate_task: the task that checks the round, and may hold it
    :param plan_task: the task that planned the round; this operator pulls its XCom itself, because
        a failed plan has none
    :param model_stats_task: the task of the model's statistics
    :param corpus_stats_task: the mapped task of the corpora's statistics, in the plan's order
    """

    def __init__(
        self,
        *,
        plan_task: str,
        gate_task: str,
        model_stats_task: str,
        corpus_stats_task: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"stage": Stage.NOTIFICATION, **kwargs})
        self.gate_task = gate_task
        self.plan_task = plan_task
        self.model_stats_task = model_stats_task
        self.corpus_stats_task = corpus_stats_task

    def plan(self, context: Context) -> Plan:
        """Return the notification about everything that succeeded.

        :raises AirflowSkipException: if there is nothing to notify of, with the reason.
        """
        ti = context["ti"]
        document = ti.xcom_pull(task_ids=self.plan_task, key=ROUND_KEY)
        if document is None:
            raise AirflowSkipException(f"the task {self.plan_task} has planned nothing")
        planned = AfterUpdatePlan.from_json(document)
        if reason := planned.plan.skipped.get(self.stage):
            raise AirflowSkipException(reason)
        tasks = [self.model_stats_task, self.corpus_stats_task]
        states = run_states(ti.dag_id, ti.run_id, tasks)
        if states.get(self.model_stats_task) not in _THERE:
            raise AirflowSkipException("the model statistics failed: there is nothing to tell")
        if planned.may_be_held:
            self._check_released(ti)
        corpora = self._corpora(planned, states)
        return notification_plan(load_settings(), planned.plan, corpora, planned.round_date)

    def _check_released(self, ti: Any) -> None:
        """Skip the notification of a round that the gate has not let pass."""
        found = ti.xcom_pull(task_ids=self.gate_task, key=GATE_KEY)
        if found is None:
            raise AirflowSkipException(f"the round was not checked: clear {self.gate_task}")
        release = RoundRelease.model_validate(found)
        if not release.state.is_released:
            by = f" by {release.by}" if release.by else ""
            raise AirflowSkipException(f"the round is {release.state}{by}: nobody is notified")

    def _corpora(self, planned: AfterUpdatePlan, states: dict[str, str | None]) -> list[str]:
        there = []
        for index, corpus in enumerate(planned.corpora):
            # A skipped corpus was not chosen for this run; an earlier run has made its statistics.
            if states.get(f"{self.corpus_stats_task}_{index}") in _THERE:
                there.append(corpus.corpus)
            else:
                self.log.warning("No statistics of %s: it is left out", corpus.corpus)
        return there
