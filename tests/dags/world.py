"""The harness of DAG tests: the bucket, the submitted jobs, and runs and tasks."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from sqlalchemy import select

from emmaa_cycle.resources import JOB_QUEUES
from emmaa_cycle.s3_layout import config_key, model_key, model_manager_key
from emmaa_cycle.uploads import Upload
from tests.dags.world_runs import (
    Job,
    Run,
    _job,
    _key,
    _xcoms,
    recorded_notes,
    run_named,
    untouched_params,
)

DAY = "2026-03-01"
MODEL_DATE = f"{DAY}-17-00-00"
ROUND = f"{DAY}-18-00-00"
#: Run ids of ``dag.test()`` are made of its moment, so each run gets another one.
_moments = (datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=n) for n in itertools.count())


def job_settings(bucket: str) -> dict[str, str]:
    """Return settings with which jobs run ``fake_job.py`` and are polled without delay."""
    argv = ["python", "tests/dags/fake_job.py", "{script}", "{args}"]
    return {
        "EMMAA_BUCKET": bucket,
        "EMMAA_LAUNCHER__ARGV": json.dumps(argv),
        "EMMAA_BATCH__POLL_SECONDS": "0.05",
        "EMMAA_BATCH__RESUME_SECONDS": "0",
        "EMMAA_UPLOADS__POLL_SECONDS": "0.05",
        "EMMAA_UPLOADS__KEY_DAYS": "36500",
        "EMMAA_UPLOADS__GRACE_SECONDS": "0",
    }


class World:
    """One test's bucket, and the means to run DAGs on it.

    :param bucket: its name
    :param dag_bag: the repository's DAGs
    """

    def __init__(self, bucket: str, dag_bag: Any) -> None:
        self.bucket = bucket
        self.dag_bag = dag_bag
        self.s3 = boto3.client("s3")
        self.batch = boto3.client("batch")
        self._began = time.time_ns() // 1_000_000

    def put(self, key: str, body: str = "{}", metadata: Mapping[str, str] | None = None) -> str:
        """Store an object and return its ETag."""
        answer = self.s3.put_object(
            Bucket=self.bucket, Key=key, Body=body.encode(), Metadata=dict(metadata or {})
        )
        return str(answer["ETag"].strip('"'))

    def put_model(self, model: str, **config: Any) -> None:
        """Store a model's config."""
        self.put(config_key(model), json.dumps({"search_terms": [], **config}))

    def put_model_file(self, model: str, date: str = MODEL_DATE, **metadata: str) -> str:
        """Store a state of a model and return its ETag."""
        return self.put(model_key(model, date), metadata=_dashed(metadata))

    def put_manager(self, model: str, date: str = ROUND, **metadata: str) -> str:
        """Store a round's model manager and return its ETag."""
        return self.put(model_manager_key(model, date), metadata=_dashed(metadata))

    def begin(self, upload: Upload) -> None:
        """Start the run of an upload, of which no task is run before :meth:`run` is called."""
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        # As dag.test() does it, or the database would hold two versions of each DAG.
        manager = DagBundlesManager()
        manager.sync_bundles_to_db()
        for bundle in manager.get_all_dag_bundles():
            bag = BundleDagBag(
                dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name
            )
            sync_bag_to_db(bag, bundle.name, bundle.version)
        dag = self.dag_bag.dags[upload.dag_id]
        with create_session() as session:
            DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).create_dagrun(
                run_id=upload.run_id,
                run_after=next(_moments),
                conf=dict(upload.conf),
                run_type=DagRunType.MANUAL,
                state=DagRunState.RUNNING,
                triggered_by=DagRunTriggeredByType.TEST,
                session=session,
            )

    def run(
        self,
        dag_id: str,
        *,
        moment: datetime | None = None,
        run_id: str | None = None,
        **conf: Any,
    ) -> Run:
        """Run a DAG to its end.

        :param moment: the run's ``run_after``; any other run's is different if None
        :param run_id: of a run that has begun, or of a new one; any other run's if None
        :param conf: the run's params
        """
        dag = self.dag_bag.dags[dag_id]
        moment = moment or next(_moments)
        with recorded_notes() as notes, untouched_params(dag), run_named(run_id):
            run = dag.test(run_after=moment, logical_date=None, run_conf=conf)
        instances = run.get_task_instances()
        keys = {(ti.task_id, ti.map_index): _key(ti) for ti in instances}
        return Run(
            run_id=run.run_id,
            state=str(run.state),
            tasks={_key(ti): str(ti.state) for ti in instances},
            notes={keys[where]: note for where, note in notes.items()},
            jobs=self.jobs(run.run_id),
            tries={_key(ti): ti.try_number for ti in instances},
            xcoms=_xcoms(run.run_id),
        )

    def jobs(self, run_id: str) -> list[Job]:
        """Return the jobs that a run has submitted."""
        # Listing those of all earlier tests takes longer and longer.
        of_test = {"name": "AFTER_CREATED_AT", "values": [str(self._began - 1)]}
        pages = self.batch.get_paginator("list_jobs")
        ids = [
            job["jobId"]
            for queue in JOB_QUEUES
            for page in pages.paginate(jobQueue=queue.name, filters=[of_test])
            for job in page["jobSummaryList"]
        ]
        chunks = [ids[start : start + 100] for start in range(0, len(ids), 100)]
        found = [job for chunk in chunks for job in self.batch.describe_jobs(jobs=chunk)["jobs"]]
        return [job for job in map(_job, found) if job.environment.get("EMMAA_RUN_ID") == run_id]

    def tries(self, run_id: str, task_id: str) -> int:
        """Return how often a task of a run was tried."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        with create_session() as session:
            query = select(TaskInstance.try_number)
            where = (TaskInstance.run_id == run_id, TaskInstance.task_id == task_id)
            return int(session.scalars(query.where(*where)).one())

    def note(self, run_id: str) -> str:
        """Return the note of a run."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session

        with create_session() as session:
            run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
            return str(run.note or "")

    def started_runs(self, dag_id: str) -> dict[str, dict[str, Any]]:
        """Return the conf of each run of a DAG that tasks have started, by run id."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session

        with create_session() as session:
            query = select(DagRun).where(DagRun.dag_id == dag_id)
            runs = session.scalars(query.where(DagRun.run_id.not_like("manual__%")))
            return {run.run_id: run.conf or {} for run in runs}


def _dashed(metadata: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in metadata.items()}
