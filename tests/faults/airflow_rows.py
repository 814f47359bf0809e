"""Rows of the simulated Airflow: runs, and the attempts of their tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

RETRIES = 3
DONE = frozenset({"success", "failed", "skipped", "upstream_failed"})


class Attempt(NamedTuple):
    """One try of a task instance.

    :param history: which of the database's histories it belongs to: one that was lost is followed
        by another, with the same runs and tries
    """

    task: tuple[str, str, str, int]
    history: int
    try_number: int


@dataclass
class Deferral:
    """The state of a deferred task: its trigger, and the method that resumes it."""

    trigger_id: int
    classpath: str
    kwargs: dict[str, Any]
    method: str
    triggerer: Any = None


@dataclass(frozen=True)
class Kill:
    """A person's mark on a task.

    :param state: what it was marked as
    :param heard: whether its process had yet to check the task's state then, or its trigger
        was running, so that it sees the mark
    """

    moment: float
    state: str
    heard: bool


@dataclass(eq=False)
class Instance:
    """A task instance.

    :param id: another one for each try, as in Airflow 3
    :param clears: how often a person cleared it
    :param kills: how a person marked it
    :param finished_at: when its last try ended by itself
    :param waits_since: the try that waits for its turn, and since when it does
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    id: int = 0
    state: str | None = None
    try_number: int = 0
    max_tries: int = RETRIES
    deferral: Deferral | None = None
    resume: tuple[str, Any] | None = None
    heartbeat: float = 0.0
    queued_at: float = 0.0
    queued_by: Any = None
    retry_at: float = 0.0
    finished_at: float = 0.0
    waits_since: tuple[int, float] = (0, 0.0)
    worker: Any = None
    clears: int = 0
    kills: list[Kill] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    xcoms: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The identity of the task, which never changes."""
        return (self.dag_id, self.run_id, self.task_id, self.map_index)

    @property
    def state_key(self) -> str:
        """Its name in the execution API's answer about states."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}_{self.map_index}"


@dataclass(eq=False)
class Run:
    """A DAG run with its tasks.

    :param plans: what its tasks ``plan`` have decided, by the task that it is for
    :param logical_date: of a day of a backfill
    :param stuck: whether it stays queued for good, as one of a cancelled backfill does that
        somebody clears (apache/airflow#72337)
    """

    dag_id: str
    run_id: str
    conf: dict[str, Any]
    created: float
    creator: str
    tasks: list[Instance] = field(default_factory=list)
    plans: dict[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    stuck: bool = False

    @property
    def run_type(self) -> str:
        """Its type, as far as anybody asks."""
        return "backfill" if self.logical_date else "scheduled"

    @property
    def state(self) -> str:
        """Its state, by its tasks' states."""
        if self.stuck:
            return "queued"
        states = {task.state for task in self.tasks}
        if not states <= DONE:
            return "running"
        return "failed" if "failed" in states else "success"
