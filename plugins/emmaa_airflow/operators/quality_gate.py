"""The gate between a round's statistics and the people who read of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.round_release import write_release
from emmaa_airflow.operators.round_judgement import RoundJudgement
from emmaa_airflow.reporting.notifiers import REPORT, operators_notifier
from emmaa_airflow.reporting.quality_report import quality_report
from emmaa_airflow.runs.page_urls import task_url
from emmaa_airflow.runs.task_states import waiting_for_people
from emmaa_airflow.runs.xcom_keys import GATE_KEY, ROUND_KEY
from emmaa_cycle.after_update import AfterUpdatePlan
from emmaa_cycle.errors import InputError
from emmaa_cycle.quality.release import ReleaseState, RoundRelease
from emmaa_cycle.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from emmaa_airflow.reporting.failure_report import OperatorReport

#: Rounds that wait at once. Each keeps its run active, and other models need runs, too: half of
#: :data:`~emmaa_airflow.dag_defaults.MODEL_RUNS`.
MAX_HELD = 32


class QualityGate(HITLOperator):
    """Checks a round, reports limits that it breaks, and holds it if its model's rules say so.

    A held round waits for a person's *Approve* or *Reject*, which Airflow's UI asks for. It
    occupies no worker meanwhile. Without an answer in time the task fails: what waits for it is
    not sent, and the run's outcome reports that.

    It must run when all statistics have ended, however they ended (``trigger_rule="all_done"``).

    :param plan_task: the task that planned the round
    :param model_stats_task: the task of the model's statistics
    :param corpus_stats_task: the mapped task of the corpora's statistics, in the plan's order
    """

    def __init__(
        self, *, plan_task: str, model_stats_task: str, corpus_stats_task: str, **kwargs: Any
    ) -> None:
        defaults = {
            "subject": "Notify subscribers of this round?",
            "options": [ApprovalOperator.APPROVE, ApprovalOperator.REJECT],
            # The model's rules decide when it runs.
            "response_timeout": timedelta(days=1),
            "trigger_rule": "all_done",
        }
        super().__init__(**{**defaults, **kwargs})
        self.plan_task = plan_task
        self.model_stats_task = model_stats_task
        self.corpus_stats_task = corpus_stats_task

    def execute(self, context: Context) -> str | None:
        """Check the round; wait for a person if it is held.

        :returns: the round's state, if it does not wait
        :raises AirflowSkipException: if nothing was planned.
        :raises AirflowFailException: if the round must be held and cannot.
        """
        ti: Any = context["ti"]
        document = ti.xcom_pull(task_ids=self.plan_task, key=ROUND_KEY)
        if document is None:
            raise AirflowSkipException(f"the task {self.plan_task} has planned nothing")
        planned = AfterUpdatePlan.from_json(document)
        judgement = RoundJudgement.of(
            BucketReader.of(load_settings()),
            planned,
            ti,
            self.model_stats_task,
            self.corpus_stats_task,
        )
        sentences = tuple(finding.sentence for finding in judgement.findings)
        must_wait = bool(sentences) and planned.may_be_held and judgement.has_model_stats
        release = RoundRelease(
            model=planned.plan.model,
            date=planned.round_date,
            state=ReleaseState.HELD if must_wait else ReleaseState.PASSED,
            findings=sentences,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
        )
        self._keep(context, release, planned)
        if not sentences:
            self.log.info("The round keeps all limits")
        elif must_wait:
            self._wait(context, planned, judgement)
        elif judgement.is_new:
            self._report(context, planned, judgement)
        return str(release.state)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Let the round pass, or not, as a person has answered.

        :returns: the round's state
        :raises AirflowFailException: if nobody has answered in time.
        """
        ti: Any = context["ti"]
        planned = AfterUpdatePlan.from_json(ti.xcom_pull(task_ids=self.plan_task, key=ROUND_KEY))
        held = RoundRelease.model_validate(ti.xcom_pull(task_ids=self.task_id, key=GATE_KEY))
        if event.get("error_type") == "timeout":
            self._keep(context, held.answered(ReleaseState.UNANSWERED), planned)
            hours = f"{planned.quality.hold_hours:g}"
            raise AirflowFailException(
                f"nobody approved the round within {hours} hours (quality.hold_hours): its mails"
                f" and tweets are not sent. It is held because: {'; '.join(held.findings)}."
                " Clear this task to ask again"
            )
        answer = super().execute_complete(context, event)
        approved = answer["chosen_options"] == [ApprovalOperator.APPROVE]
        state = ReleaseState.APPROVED if approved else ReleaseState.REJECTED
        person = answer["responded_by_user"] or {}
        release = held.answered(state, person.get("name") or person.get("id") or "")
        self._keep(context, release, planned)
        self.log.info("The round was %s by %s", release.state, release.by)
        return str(release.state)

    def _wait(self, context: Context, planned: AfterUpdatePlan, judged: RoundJudgement) -> None:
        ti: Any = context["ti"]
        if waiting_for_people(ti.dag_id, self.task_id) >= MAX_HELD:
            raise AirflowFailException(
                f"{MAX_HELD} rounds wait for an approval already, so this one cannot: its mails and"
                " tweets are not sent. Answer the others, then clear this task. It is held because:"
                f" {'; '.join(finding.sentence for finding in judged.findings)}"
            )
        hours = planned.quality.hold_hours
        self.response_timeout = timedelta(hours=hours)
        page = f"{task_url(ti.dag_id, ti.run_id, self.task_id, -1)}/required_actions"
        report = self._report(
            context,
            planned,
            judged,
            held=f"Its mails and tweets wait for {hours:g} hours, and are then not sent."
            f" Approve or reject them: {page}",
        )
        self.subject = f"Notify subscribers of {planned.plan.model}, round {planned.round_date}?"
        # Markdown, in which indented lines are shown as they are.
        self.body = report.text
        super().execute(context)

    def _report(
        self, context: Context, planned: AfterUpdatePlan, judged: RoundJudgement, held: str = ""
    ) -> OperatorReport:
        ti: Any = context["ti"]
        report = quality_report(
            judged.findings,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            model=planned.plan.model,
            date=planned.round_date,
            held=held,
        )
        self.log.warning("%s\n%s", report.subject, report.text)
        notifier = operators_notifier(load_settings().operators)
        if notifier is not None:
            notifier({**context, REPORT: report})
        return report

    def _keep(self, context: Context, release: RoundRelease, planned: AfterUpdatePlan) -> None:
        context["ti"].xcom_push(key=GATE_KEY, value=release.model_dump(mode="json"))
        if not planned.may_be_held:
            return
        try:
            write_release(BucketReader.of(load_settings()), release)
        except InputError as error:
            raise AirflowFailException(str(error)) from error
