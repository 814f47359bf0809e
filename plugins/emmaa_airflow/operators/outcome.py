"""The last task of a run: it tells the operators what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from emmaa_airflow.failure_report import FailureReport, failure_report
from emmaa_airflow.failures import run_failures
from emmaa_airflow.notifiers import REPORT, operators_notifier
from emmaa_cycle.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class OutcomeOperator(BaseOperator):
    """Tells the operators what failed, in one message, and fails with it.

    Airflow judges a run by its last tasks alone; this one, after all others, makes that judgement
    true. It must run when all that may fail has ended. Where tasks follow each other,
    ``trigger_rule="one_failed"`` does that, and costs a run without failures nothing; behind
    branches it is ``"all_done"``, and without failures it is skipped.

    A message that cannot be sent is tried again, as the task is; at last the task has failed with
    what kept it from being sent, and its log has the message.

    :param labels_task: the task over whose result others are mapped, to name their map indexes
    :param headline: what it means that the run failed, for the message's subject
    """

    def __init__(
        self, *, labels_task: str | None = None, headline: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**{"on_failure_callback": None, **kwargs})
        self.labels_task = labels_task
        self.headline = headline

    def execute(self, context: Context) -> None:
        """Look at the run's tasks, and tell of those that failed.

        :raises AirflowSkipException: if none has failed.
        :raises AirflowFailException: if some have, with their names, when the operators know.
        """
        ti: Any = context["ti"]
        failures = run_failures(ti, self.labels_task)
        if not failures.failed and not failures.not_run:
            raise AirflowSkipException("no task has failed")
        report = failure_report(
            failures,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            model=str(context["params"].get("model") or ""),
            headline=self.headline,
        )
        self.log.error("%s\n%s", report.subject, report.text)
        self._tell(report, context)
        names = ", ".join(task.name for task in failures.failed)
        raise AirflowFailException(f"failed: {names or 'what this run needs'}")

    def _tell(self, report: FailureReport, context: Context) -> None:
        notifier = operators_notifier(load_settings().operators)
        if notifier is None:
            self.log.info("Nobody is told: the settings name no operators ([operators])")
            return
        notifier({**context, REPORT: report})
        self.log.info("The operators were told, by %s", type(notifier).__name__)
