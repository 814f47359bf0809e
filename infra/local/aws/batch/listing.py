"""The jobs that ListJobs lists: statuses, filters and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from infra.local.aws.batch.job import Job, JobStatus

_MAX_PAGE = 100


class ListingError(ValueError):
    """The request asks for what ListJobs does not have."""


@dataclass(frozen=True)
class Page:
    """A page of jobs, and the token of the next one; None on the last page."""

    jobs: list[Job]
    next_token: str | None


def list_jobs(
    jobs: Iterable[Job],
    *,
    status: str | None,
    filters: list[dict[str, Any]] | None,
    max_results: int | None = None,
    token: str | None = None,
) -> Page:
    """Return the jobs of one page, newest first.

    As on AWS, a filter makes the status of no account, and without either only running jobs are
    listed.

    :param jobs: all jobs of the queue, in the order of their submission
    :raises ListingError: naming the status, filter or token that is wrong.
    """
    wanted = _filter(filters[0]) if filters else _status(status)
    if filters and len(filters) > 1:
        raise ListingError("only one filter can be used at a time")
    found = [job for job in reversed(list(jobs)) if wanted(job)]
    start = _position(found, token) if token else 0
    end = start + min(max_results or _MAX_PAGE, _MAX_PAGE)
    page = found[start:end]
    return Page(page, page[-1].id if end < len(found) else None)


def _position(found: list[Job], token: str) -> int:
    # The token is the last job that was shown: what is submitted meanwhile shifts no page.
    for position, job in enumerate(found):
        if job.id == token:
            return position + 1
    raise ListingError(f"nextToken {token!r} is not one of this listing")


def _status(status: str | None) -> Callable[[Job], bool]:
    name = status or JobStatus.RUNNING.value
    if name not in JobStatus.__members__:
        raise ListingError(f"jobStatus {name!r} is none of {', '.join(JobStatus)}")
    return lambda job: job.status == name


def _filter(entry: dict[str, Any]) -> Callable[[Job], bool]:
    name, values = entry.get("name"), [str(value) for value in entry.get("values") or []]
    tests: dict[str, Callable[[Job, str], bool]] = {
        "JOB_NAME": lambda job, value: _text_matches(job.name, value),
        "JOB_DEFINITION": lambda job, value: (
            value == job.definition.arn or _text_matches(job.definition.name, value)
        ),
        "BEFORE_CREATED_AT": lambda job, value: job.created_at < int(value),
        "AFTER_CREATED_AT": lambda job, value: job.created_at > int(value),
    }
    if name not in tests:
        raise ListingError(f"filter {name!r} is none of {', '.join(tests)}")
    test = tests[name]
    return lambda job: any(test(job, value) for value in values)


def _text_matches(text: str, pattern: str) -> bool:
    text, pattern = text.casefold(), pattern.casefold()
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern
