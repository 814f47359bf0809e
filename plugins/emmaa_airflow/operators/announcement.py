"""The operator that announces a round to other DAGs, by asset events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.exceptions import AirflowSkipException
from airflow.utils.state import TaskInstanceState
from botocore.exceptions import ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_absent, is_refused
from emmaa_airflow.runs.task_states import run_states
from emmaa_airflow.runs.xcom_keys import ROUND_KEY
from emmaa_cycle.after_update import AfterUpdatePlan
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import AssemblyFigures
from emmaa_cycle.overview.part import parse_part
from emmaa_cycle.round_assets import (
    ALIAS,
    AssetNews,
    manager_news,
    state_news,
    statistics_news,
)
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key, overview_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from emmaa_cycle.uploads import UploadKind

if TYPE_CHECKING:
    from airflow.sdk import Context

_DONE = TaskInstanceState.SUCCESS


class AnnounceRound(BaseOperator):
    """Emits an event for the model's state, manager and statistics, with their numbers.

    Airflow emits no events of a task that its trigger ends, such as a job's; so this is a separate
    task. Nothing in EMMAA waits for these events.

    :param plan_task: the task that planned the round
    :param model_stats_task: the task of the model's statistics; without them nothing is announced
    :param corpus_stats_task: the mapped task of the corpora's statistics, in the plan's order
    """

    def __init__(
        self, *, plan_task: str, model_stats_task: str, corpus_stats_task: str, **kwargs: Any
    ) -> None:
        defaults = {"trigger_rule": "all_done", "outlets": [AssetAlias(ALIAS)]}
        super().__init__(**{**defaults, **kwargs})
        self.plan_task = plan_task
        self.model_stats_task = model_stats_task
        self.corpus_stats_task = corpus_stats_task

    def execute(self, context: Context) -> list[str]:
        """Emit the events.

        :returns: the assets
        :raises AirflowSkipException: if this run has made no model statistics.
        """
        ti: Any = context["ti"]
        document = ti.xcom_pull(task_ids=self.plan_task, key=ROUND_KEY)
        states = run_states(ti.dag_id, ti.run_id, [self.model_stats_task, self.corpus_stats_task])
        if document is None or states.get(self.model_stats_task) != _DONE:
            raise AirflowSkipException("this run has made no model statistics to announce")
        planned = AfterUpdatePlan.from_json(document)
        corpora = [
            plan.corpus
            for index, plan in enumerate(planned.corpora)
            if states.get(f"{self.corpus_stats_task}_{index}") == _DONE
        ]
        news = list(self._news(BucketReader.of(load_settings()), planned, corpora))
        alias = context["outlet_events"][AssetAlias(ALIAS)]
        for each in news:
            alias.add(Asset(uri=each.uri, name=each.uri), extra=dict(each.extra))
        return [each.uri for each in news]

    def _news(
        self, reader: BucketReader, planned: AfterUpdatePlan, corpora: list[str]
    ) -> Iterator[AssetNews]:
        model, date = planned.plan.model, planned.round_date
        state = self._state(reader, model, date)
        if state and (key := self._key(reader, UploadKind.MODEL, model, state)):
            yield state_news(reader.bucket, model, date, key)
        if key := self._key(reader, UploadKind.MODEL_MANAGER, model, date):
            yield manager_news(reader.bucket, model, date, key)
        statistics = self._read(reader, model_stats_key(model, date))
        tests = {
            corpus: self._read(reader, corpus_stats_key(model, corpus, date)) for corpus in corpora
        }
        try:
            yield statistics_news(reader.bucket, model, date, statistics, tests)
        except InputError as error:
            self.log.warning("The statistics of %s are not announced: %s", model, error)

    def _key(self, reader: BucketReader, kind: UploadKind, model: str, date: str) -> str:
        """Return the key of an upload, of whichever image; empty if it is gone."""
        try:
            return reader.upload(kind, model, date).key
        except InputError as error:
            self.log.warning("It is not announced: %s", error)
            return ""

    def _state(self, reader: BucketReader, model: str, date: str) -> str:
        """Return the date of the round's model state; empty if the overview does not have it."""
        try:
            found = reader.text(overview_key(model, Stage.MM_UPDATE))
            part = parse_part(found[0]) if found else None
        except (InputError, ClientError, UnicodeDecodeError) as error:
            self.log.warning("The model state of %s is not announced: %s", model, error)
            return ""
        if part is None or part.date != date or not isinstance(part.figures, AssemblyFigures):
            self.log.info("The overview does not have the model state of round %s", date)
            return ""
        return part.figures.model_date

    def _read(self, reader: BucketReader, key: str) -> Any:
        """Return a JSON object; None if there is none that can be read."""
        try:
            return reader.json(key)
        except InputError as error:
            self.log.warning("%s", error)
        except ClientError as error:
            if not (is_absent(error) or is_refused(error)):
                raise
            self.log.warning("s3://%s/%s cannot be read: %s", reader.bucket, key, error)
        return None
