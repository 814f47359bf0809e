"""The last task of a run: it states the result and reports failures to operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.dag_defaults import OUTCOME_PRIORITY
from emmaa_airflow.reporting.failure_report import OperatorReport, failure_report, left_out_report
from emmaa_airflow.reporting.failures import RunFailures, run_failures
from emmaa_airflow.reporting.left_out import RunLeftOut
from emmaa_airflow.reporting.metrics import write_metrics
from emmaa_airflow.reporting.notifiers import REPORT, operators_notifier
from emmaa_airflow.reporting.run_notes import MAX_NOTE
from emmaa_airflow.reporting.run_results import ResultFinder, RunResult
from emmaa_airflow.runs.xcom_keys import RESULT_KEY
from emmaa_cycle.errors import ODD_CONTENT
from emmaa_cycle.printable import printable_line
from emmaa_cycle.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

T = TypeVar("T")


class OutcomeOperator(BaseOperator):
    """States the result of the run in one sentence, which becomes the run's note.

    If tasks failed, it reports them to the operators in one message, and fails, because Airflow
    derives the state of a run only from its last tasks. If the jobs left out something for the
    first time, it reports that too, but does not fail.

    If the message cannot be sent, the task is retried. In the end it fails with the error of the
    sending, and its log has the message.

    :param result: returns the result of the run
    :param labels_task: the task whose result names the map indexes of mapped tasks
    :param headline: the consequence of a failed run, for the subject of the message
    """

    def __init__(
        self,
        *,
        result: ResultFinder,
        labels_task: str | None = None,
        headline: str = "",
        **kwargs: Any,
    ) -> None:
        defaults = {
            "on_failure_callback": None,
            "trigger_rule": "all_done",
            "priority_weight": OUTCOME_PRIORITY,
        }
        super().__init__(**{**defaults, **kwargs})
        self.result = result
        self.labels_task = labels_task
        self.headline = headline

    def execute(self, context: Context) -> str:
        """Report the run's failed tasks and its newly left-out items.

        :returns: the sentence
        :raises AirflowFailException: after the report, if tasks have failed; it has their names.
        """
        ti: Any = context["ti"]
        failures = run_failures(ti, self.labels_task)
        result = self._unless_odd(lambda: self.result(ti), RunResult())
        write_metrics(load_settings(), result.metrics)
        reader = BucketReader.of(load_settings())
        left_out = self._unless_odd(
            lambda: RunLeftOut.read(reader, result.places), RunLeftOut(reader.bucket, [])
        )
        news = left_out.news
        about = {"dag_id": ti.dag_id, "run_id": ti.run_id, "model": self._model(context, result)}
        if failures.failed or failures.not_run:
            report = failure_report(failures, **about, headline=self.headline, left_out=news)
            self.log.error("%s\n%s", report.subject, report.text)
            self._keep(context, _failed(failures))
            self._notify(report, context)
            raise AirflowFailException(_failed(failures))
        parts = filter(None, [result.sentence, left_out.counts])
        sentence = printable_line("; ".join(parts), MAX_NOTE)
        self._keep(context, sentence)
        if news:
            self._notify(left_out_report(news, left_out.new_count, **about), context)
        self.log.info("%s", sentence)
        return sentence

    def _unless_odd(self, find: Callable[[], T], otherwise: T) -> T:
        """Read the jobs' objects; odd content in them must not hide the run's failures."""
        try:
            return find()
        except ODD_CONTENT:
            self.log.exception("The objects of this run's jobs hold something odd")
            return otherwise

    @staticmethod
    def _model(context: Context, result: Any) -> str:
        return result.model or str(context["params"].get("model") or "")

    @staticmethod
    def _keep(context: Context, sentence: str) -> None:
        context["ti"].xcom_push(key=RESULT_KEY, value=printable_line(sentence, MAX_NOTE))

    def _notify(self, report: OperatorReport, context: Context) -> None:
        notifier = operators_notifier(load_settings().operators)
        if notifier is None:
            self.log.info("Nobody is notified: the settings name no operators ([operators])")
            return
        notifier({**context, REPORT: report})
        self.log.info("The operators were notified, by %s", type(notifier).__name__)


def _failed(failures: RunFailures) -> str:
    names = ", ".join(task.name for task in failures.failed)
    return f"failed: {names or 'what this run needs'}"
