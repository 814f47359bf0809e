"""One task with its job, brought to the moment of a fault, and what came of it."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.dates import format_round
from emmaa_cycle.model_config import parse_model_config
from emmaa_cycle.plan import mm_update_plan
from emmaa_cycle.resources import BUCKET, JOB_QUEUES
from emmaa_cycle.s3_layout import config_key, model_key
from emmaa_cycle.settings import load_settings
from tests.faults.real.gate import Document, Hold
from tests.faults.real.site import OWN_DAG, Site

TASK = "update_model_manager"
UPLOAD_DAG = "emmaa_mm_update"
KILLED_FOR_MEMORY = 137
_CONFIG = b'{"search_terms": [], "run_daily_update": true, "assembly": {"main": []}}'
_ENDED = ("success", "failed")
#: Each upload has a different date, which is part of its job's name.
_dates = (
    format_round(datetime.now(UTC) - timedelta(hours=20) + timedelta(minutes=n))
    for n in itertools.count()
)


class Moment(StrEnum):
    """The state of a task when a process is lost."""

    ASKING = "SubmitJob is on its way to Batch"
    SUBMITTING = "Batch has the job, and the task has not deferred"
    DEFERRED = "the task waits for its job"
    ENDING = "the triggerer has seen the job's end, and Airflow has not"
    RESUMING = "the resumed task has submitted its second job"
    AWAY = "the upload comes while the process is away"


#: Of these, an upload starts the run.
UPLOADED = frozenset({Moment.DEFERRED, Moment.AWAY})


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task.

    :param jobs: how many jobs have each name, without those that were asked to end
    :param ended: how many jobs were asked to end
    :param submissions: SubmitJob calls that reached Batch
    :param runs: how many runs work on the model
    :param state: of the run
    :param tries: of the task
    :param log: of the task's last try
    """

    jobs: Counter[str]
    ended: int
    submissions: int
    runs: int
    state: str
    tries: int
    log: str

    @property
    def duplicates(self) -> int:
        """Jobs beyond the one of each name, and runs beyond the one."""
        return self.jobs.total() - len(self.jobs) + max(self.runs - 1, 0)

    @property
    def is_loss(self) -> bool:
        """Whether no job has done the work."""
        return not self.runs or (not self.jobs and not self.ended)


@dataclass
class Work:
    """The task of one model, in a separate run."""

    site: Site
    model: str
    moment: Moment
    run_id: str = ""
    outcome: Outcome | None = None
    hold: Hold | None = None

    @property
    def dag_id(self) -> str:
        return UPLOAD_DAG if self.moment in UPLOADED else OWN_DAG

    def begin(self) -> None:
        """Start the run, and prepare to hold what is to be held at its moment."""
        self._prepare()
        if self.moment in UPLOADED:
            self._upload()
        else:
            self.run_id = self.site.airflow.trigger(OWN_DAG, {"planned": self._plan()}, None)

    def reach(self) -> None:
        """Come to the moment."""
        if self.moment in (Moment.DEFERRED, Moment.ENDING, Moment.RESUMING):
            self.await_followed()
        if self.moment is Moment.ENDING:
            self.end_job()
        if self.moment is Moment.RESUMING:
            self.end_job(KILLED_FOR_MEMORY)
        if self.hold:
            self.site.wait_for(self.hold.reached.is_set, f"{self.model}: {self.moment}")

    def await_followed(self) -> None:
        """Wait until the triggerer follows the newest job."""
        self.await_state("deferred")
        self.site.wait_for(self._is_followed, f"{self.model}: the triggerer's look at its job")

    def await_state(self, *states: str) -> None:
        """Wait until the task is in one of these states."""
        what = f"{self.model}: its task to be {' or '.join(states)}"
        self.site.wait_for(lambda: self.task()["state"] in states, what)

    def end_job(self, code: int = 0) -> None:
        """Let the newest job end."""
        name = self.jobs()[-1]["jobId"]
        new = self.site.ends / f".{name}"
        new.write_text(str(code))
        new.rename(self.site.ends / name)

    def finish(self) -> Outcome:
        """Let what still runs end, and see what came of it."""
        if self.moment is not Moment.ENDING:
            self.await_followed()
            self.end_job()
        self.site.wait_for(lambda: self._run()["state"] in _ENDED, f"{self.model}: its run's end")
        return self.look()

    def look(self) -> Outcome:
        """Return the outcome so far."""
        task, jobs = self.task(), self.jobs()
        asked = {request["jobId"] for request in self.site.gate.requests("terminatejob")}
        kept = [job["jobName"] for job in jobs if job["jobId"] not in asked]
        submitted = [r for r in self.site.gate.requests("submitjob") if self._is_mine(r)]
        self.outcome = Outcome(
            jobs=Counter(kept),
            ended=len(jobs) - len(kept),
            submissions=len(submitted),
            runs=len(self._runs()),
            state=self._run()["state"],
            tries=task["try_number"],
            log=self.site.airflow.task_log(task),
        )
        return self.outcome

    def jobs(self) -> list[Document]:
        """Return the summaries of all jobs of the model, oldest first."""
        batch = self.site.client("batch")
        filters = [{"name": "JOB_NAME", "values": [f"{self.model}_*"]}]
        pages = batch.get_paginator("list_jobs")
        jobs = [
            job
            for queue in JOB_QUEUES
            for page in pages.paginate(jobQueue=queue.name, filters=filters)
            for job in page["jobSummaryList"]
        ]
        return sorted(jobs, key=lambda job: job["createdAt"])

    def task(self) -> dict[str, Any]:
        """Return the task instance; without a state if its run does not exist yet."""
        if not self.run_id and not self._runs():
            return {"state": None}
        tasks = self.site.airflow.task_instances(self.dag_id, self.run_id)
        return next((t for t in tasks if t["task_id"] == TASK), {"state": None})

    def _prepare(self) -> None:
        hold = self.site.gate.hold
        match self.moment:
            case Moment.ASKING:
                self.hold = hold(
                    "submitjob", lambda request, _: self._is_mine(request), before=True
                )
            case Moment.SUBMITTING:
                self.hold = hold("submitjob", lambda asked, _: self._is_mine(asked))
            case Moment.RESUMING:
                self.hold = hold("submitjob", lambda asked, _: self._is_larger(asked))
            case Moment.ENDING:
                self.hold = hold("describejobs", lambda _, answer: self._shows_end(answer))

    def _plan(self) -> Document:
        date = next(_dates)
        config = parse_model_config(self.model, _CONFIG)
        jobs = RoundJobs(load_settings(), self.model, date, config)
        plan = mm_update_plan(jobs, model_date=date, notify=False)
        return plan.to_json()

    def _upload(self) -> None:
        s3 = self.site.client("s3")
        s3.put_object(Bucket=BUCKET, Key=config_key(self.model), Body=_CONFIG)
        s3.put_object(Bucket=BUCKET, Key=model_key(self.model, next(_dates)), Body=b"[]")

    def _run(self) -> dict[str, Any]:
        return self.site.airflow.run(self.dag_id, self.run_id)

    def _runs(self) -> list[dict[str, Any]]:
        if self.dag_id == OWN_DAG:
            return [self._run()]
        recent = self.site.airflow.runs(datetime.now(UTC) - timedelta(days=1))
        runs = [run for run in recent if (run.get("conf") or {}).get("model") == self.model]
        if runs:
            self.run_id = runs[0]["dag_run_id"]
        return runs

    def _is_mine(self, request: Document) -> bool:
        return str(request["jobName"]).startswith(f"{self.model}_")

    def _is_larger(self, request: Document) -> bool:
        return self._is_mine(request) and request["jobName"].endswith("-large")

    def _shows_end(self, answer: Document) -> bool:
        jobs = answer.get("jobs", [])
        return any(j["jobName"].startswith(f"{self.model}_") and j.get("stoppedAt") for j in jobs)

    def _is_followed(self) -> bool:
        newest = self.jobs()[-1]["jobId"]
        return any(newest in r["jobs"] for r in self.site.gate.requests("describejobs"))
