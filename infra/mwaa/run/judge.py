"""Judges what the demo's own judge does not see: MWAA's parts, and jobs that ran twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from emmaa_cycle.resources import JOB_QUEUES
from infra.local.report.cycle_progress import RunView
from infra.mwaa.run.disturbances import Disturbed, delivered_twice
from infra.mwaa.run.images import log_group
from infra.mwaa.run.stack import SECRET, MwaaStack

_STATUSES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")


def batch_jobs(stack: MwaaStack) -> Counter[str]:
    """Return how often each name of a Batch job was submitted."""
    found: Counter[str] = Counter()
    pages = stack.client("batch").get_paginator("list_jobs")
    for queue in JOB_QUEUES:
        for status in _STATUSES:
            for page in pages.paginate(jobQueue=queue.name, jobStatus=status):
                found.update(job["jobName"] for job in page["jobSummaryList"])
    return found


def mwaa_faults(stack: MwaaStack, runs: Sequence[RunView], disturbed: Disturbed) -> list[str]:
    """Return what is wrong, in words."""
    faults = [f"a disturbance failed: {error!r}" for error in disturbed.errors]
    if not disturbed.restarted:
        faults.append("the scheduler was not replaced: the day was over before")
    if not delivered_twice(stack):
        faults.append("no Celery task was delivered twice")
    faults += [
        f"{times} Batch jobs are called {name}"
        for name, times in batch_jobs(stack).items()
        if times > 1
    ]
    faults += _stream_faults(stack, runs) + _log_faults(stack, runs)
    return faults + _note_faults(stack, runs) + _secret_faults(stack)


def _stream_faults(stack: MwaaStack, runs: Sequence[RunView]) -> list[str]:
    """Return the runs of which MWAA wrote no task's log to CloudWatch."""
    group = log_group("Task")
    pages = stack.client("logs").get_paginator("describe_log_streams")
    streams = [
        s["logStreamName"] for p in pages.paginate(logGroupName=group) for s in p["logStreams"]
    ]
    return [
        f"no log of run {run.run_id} in {group}"
        for run in runs
        # MWAA writes a stream's name with underscores for colons.
        if not any(run.run_id.replace(":", "_") in name for name in streams)
    ]


def _log_faults(stack: MwaaStack, runs: Sequence[RunView]) -> list[str]:
    """Return the tasks of the first run whose log Airflow does not read from CloudWatch."""
    return [
        f"Airflow does not read the log of {task['task_id']} from CloudWatch"
        for run in runs[:1]
        for task in stack.airflow.task_instances(run.dag_id, run.run_id)
        if task["state"] == "success"
        and "Reading remote log from Cloudwatch" not in stack.airflow.task_log(task)
    ]


def _note_faults(stack: MwaaStack, runs: Sequence[RunView]) -> list[str]:
    """Return the runs whose result the plugins' listener did not write into their note."""
    documents = [stack.airflow.run(run.dag_id, run.run_id) for run in runs]
    return [f"run {run['dag_run_id']} has no note" for run in documents if not run["note"]]


def _secret_faults(stack: MwaaStack) -> list[str]:
    answer = stack.airflow_command("connections", "get", SECRET, "--output", "json")
    return [] if "found.example" in answer else [f"no connection of a secret: {answer[-500:]}"]
