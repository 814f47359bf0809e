"""Follow a cycle: which runs it should have, which are there, and when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from infra.local.stack.airflow_api import AirflowApi
from infra.local.stack.processes import StartedProcess, demand_alive

#: Runs that others start, by the DAG; the upload watch runs always and belongs to no cycle.
CYCLE_DAGS = (
    "emmaa_update_pipeline",
    "emmaa_mm_update",
    "emmaa_after_update",
    "emmaa_email_notifications",
)
_FINISHED = frozenset({"success", "failed"})
_DONE_TASKS = frozenset({"success", "skipped", "failed", "upstream_failed", "removed"})
_FAILED_TASKS = frozenset({"failed", "upstream_failed"})


@dataclass(frozen=True)
class Pace:
    """Intervals at which a cycle is followed, in seconds.

    :param poll: between two looks
    :param stall: Airflow is idle and a run is missing: after this it will not come any more. It is
        longer than the embedded AWS' pauses before its last try of the upload function
    :param limit: after this it is given up
    """

    poll: float = 2.0
    stall: float = 120.0
    limit: float = 1800.0


@dataclass(frozen=True)
class RunView:
    """One run as it is now.

    :param model: the model it works on, empty for a run over all models
    :param done: task instances that ended
    :param total: task instances known so far; mapped tasks appear as they expand
    :param failed: ids of task instances that failed, with their map index' label
    """

    dag_id: str
    run_id: str
    model: str
    state: str
    done: int
    total: int
    failed: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Return whether it has ended."""
        return self.state in _FINISHED


@dataclass(frozen=True)
class Cycle:
    """The runs that one day's cycle must have.

    :param since: runs that were to start earlier belong to others
    :param models: the models that are assembled in this cycle
    """

    since: datetime
    models: frozenset[str]

    def missing(self, runs: list[RunView]) -> list[str]:
        """Return what has not been started yet, DAG and model."""
        there = {(run.dag_id, run.model) for run in runs}
        wanted = [
            (dag, m)
            for dag in ("emmaa_mm_update", "emmaa_after_update")
            for m in sorted(self.models)
        ]
        return [f"{dag} for {model}" for dag, model in wanted if (dag, model) not in there]


def _view_runs(
    airflow: AirflowApi, since: datetime, ended: dict[tuple[str, ...], RunView]
) -> list[RunView]:
    """All runs of the cycle's DAGs since a moment, in the order of their start.

    :param ended: those that earlier looks found ended, whose tasks are not asked for again, by DAG,
        run, state and end
    """
    views = []
    for run in airflow.runs(since):
        if run["dag_id"] in CYCLE_DAGS:
            key = (run["dag_id"], run["dag_run_id"], run["state"], run["end_date"])
            views.append(ended.get(key) or _view(airflow, run))
            if views[-1].finished:
                ended[key] = views[-1]
    return views


def failed_beside(airflow: AirflowApi, since: datetime) -> list[str]:
    """Return the runs of DAGs that belong to no cycle, such as the upload watch, that failed since.

    :returns: DAG and run id of each
    """
    # They may have started long before they failed.
    runs = airflow.runs(since - timedelta(days=1))
    return [
        f"{run['dag_id']} {run['dag_run_id']}"
        for run in runs
        if run["dag_id"] not in CYCLE_DAGS
        and run["state"] == "failed"
        and (run["end_date"] is None or datetime.fromisoformat(run["end_date"]) >= since)
    ]


def follow_cycle(
    airflow: AirflowApi,
    cycle: Cycle,
    show: Callable[[list[RunView]], None],
    *,
    watched: Iterable[StartedProcess] = (),
    pace: Pace | None = None,
) -> list[RunView]:
    """Wait until a cycle is over and return its runs, missing ones or not.

    :param show: called with the runs at every look
    :param watched: the stack's processes, without which nothing goes on
    :param pace: how often to look, and for how long
    :raises TimeoutError: if runs still go on at the pace's limit.
    :raises RuntimeError: if a watched process ends, with its log's tail.
    """
    pace = pace or Pace()
    limit = time.monotonic() + pace.limit
    idle_since: float | None = None
    ended: dict[tuple[str, ...], RunView] = {}
    while True:
        with _watching(watched):
            runs = _view_runs(airflow, cycle.since, ended)
        show(runs)
        now = time.monotonic()
        if not runs or not all(run.finished for run in runs):
            idle_since = None
        elif not cycle.missing(runs):
            return runs
        else:
            idle_since = now if idle_since is None else idle_since
            if now - idle_since >= pace.stall:
                return runs
        if now > limit:
            going = ", ".join(run.run_id for run in runs if not run.finished)
            raise TimeoutError(f"still going on after {pace.limit / 60:.0f} minutes: {going}")
        time.sleep(pace.poll)


def follow_run(
    airflow: AirflowApi,
    dag_id: str,
    run_id: str,
    show: Callable[[list[RunView]], None],
    *,
    watched: Iterable[StartedProcess] = (),
    pace: Pace | None = None,
) -> RunView:
    """Wait until one run is over and return it; all else as in :func:`follow_cycle`.

    :raises TimeoutError: if it still goes on at the pace's limit.
    :raises RuntimeError: if a watched process ends, with its log's tail.
    """
    pace = pace or Pace()
    limit = time.monotonic() + pace.limit
    while time.monotonic() < limit:
        with _watching(watched):
            run = _view(airflow, airflow.run(dag_id, run_id))
        show([run])
        if run.finished:
            return run
        time.sleep(pace.poll)
    raise TimeoutError(f"{dag_id} {run_id} still goes on after {pace.limit / 60:.0f} minutes")


@contextmanager
def _watching(watched: Iterable[StartedProcess]) -> Iterator[None]:
    """Say which process ended, rather than that Airflow does not answer."""
    doing = "the cycle went on"
    demand_alive(watched, doing)
    try:
        yield
    except httpx.HTTPError:
        demand_alive(watched, doing)
        raise


def _view(airflow: AirflowApi, run: dict[str, Any]) -> RunView:
    tasks = airflow.task_instances(run["dag_id"], run["dag_run_id"])
    failed = [
        f"{task['task_id']}{_label(task)}" for task in tasks if task["state"] in _FAILED_TASKS
    ]
    return RunView(
        dag_id=run["dag_id"],
        run_id=run["dag_run_id"],
        model=str((run.get("conf") or {}).get("model") or ""),
        state=run["state"],
        done=sum(task["state"] in _DONE_TASKS for task in tasks),
        total=len(tasks),
        failed=tuple(sorted(failed)),
    )


def _label(task: dict[str, Any]) -> str:
    if task["map_index"] < 0:
        return ""
    return f" [{task.get('rendered_map_index') or task['map_index']}]"
