"""Jobs of the simulated Batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FINISHED = ("SUCCEEDED", "FAILED")


@dataclass(frozen=True)
class End:
    """The end of a job that nobody terminates.

    :param exit_code: None if its host is lost
    """

    seconds: float
    exit_code: int | None
    status_reason: str = "Essential container in task exited"
    container_reason: str = ""


@dataclass
class Job:
    """A job and its history.

    :param attempt: the attempt of a task that submitted it
    :param history: from when on it had which status
    :param asked_to_end: when TerminateJob was called first, and why
    :param left_alone: whether the process that submitted it died so soon that it could not end it
    :param started: when it began to work, having taken its claim; None if it never did
    :param refused: which claim another one held, so that it ended at once
    :param unwanted_by: which clear of its task made it unwanted, or :data:`DELETED`, so that it
        goes on until it is terminated; 0 if none
    :param lacked_capacity: whether its queue has cancelled it for lack of capacity
    """

    id: str
    name: str
    queue: str
    definition: str
    environment: dict[str, str]
    command: list[str]
    tags: dict[str, str]
    attempt: Any
    end: End
    history: list[tuple[float, str]]
    asked_to_end: tuple[float, str] | None = None
    left_alone: bool = False
    started: float | None = None
    refused: str = ""
    unwanted_by: int = 0
    lacked_capacity: bool = False
    exit_code: int | None = None
    reason: str = ""

    def status(self, moment: float) -> str:
        """Return the status at a given time."""
        return [status for since, status in self.history if since <= moment][-1]

    @property
    def submitted(self) -> float:
        """The time of its submission."""
        return self.history[0][0]

    @property
    def ended(self) -> float:
        """The time of its end; infinity if it has not ended."""
        since, status = self.history[-1]
        return since if status in FINISHED else float("inf")


def series_of(job: Job) -> str:
    """Return the name of the job's series: the name of its job on the planned class."""
    return job.name.removesuffix("-large")
