"""Claims, which let only one Batch job of a series work, however far ListJobs lags.

SubmitJob has no idempotency token, and ListJobs may not show a job that was just submitted. So an
attempt can submit a second job of its series, but only one of them works: before it does anything
else, a job writes its id to ``claims/<series>`` by a conditional put, which succeeds once. A job
that finds another id there ends. A claim passes on only after an attempt has seen that its holder
has ended: the attempt then passes the holder's id to the job that it submits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from emmaa_cycle.errors import InputError

#: The environment variable that passes a claim to a job.
VARIABLE = "EMMAA_CLAIM"
#: Another job may change a claim between a read and a write, but not many times.
_LOOKS = 10


@dataclass(frozen=True)
class Claim:
    """The claims that a job must hold before it works.

    :param series: the name of the series, which is the name of its job
    :param after: the id of a job that held the claim and has ended; empty if there is none
    :param date: the planned job's name, which ends with a date that the run has chosen and that no
        other task may use; empty if the run has not chosen the date
    :param task: the digest of the task, which holds ``date``
    """

    series: str
    after: str = ""
    date: str = ""
    task: str = ""

    def to_environment(self) -> dict[str, str]:
        """Return the environment variable that passes the claim to a job."""
        return {VARIABLE: json.dumps({k: v for k, v in asdict(self).items() if v})}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Claim | None:
        """Read the claim in a job; None in a job that a person started by hand.

        :raises InputError: if the variable is set, but not by :meth:`to_environment`.
        """
        text = environment.get(VARIABLE, "")
        if not text:
            return None
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{VARIABLE} is {text!r}, which is no claim: {error}. Unset it to run a job by hand"
            ) from error


@dataclass(frozen=True)
class Held:
    """A claim as it is in the bucket.

    :param owner: the contents of the object
    :param etag: the ETag of this version of the object
    """

    owner: str
    etag: str


class ClaimStore(Protocol):
    """The part of the bucket that claims need; each write is atomic."""

    def read(self, key: str) -> Held | None:
        """Return the claim; None if there is none."""

    def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
        """Write if the claim is still ``instead_of``, and return whether it was."""


@dataclass(frozen=True)
class Refusal:
    """The reason why a job must not work.

    :param key: the claim that another job or task holds
    :param holder: the holder: a job's id, or for a date a task's digest
    :param is_date: whether it is the claim on a date
    """

    key: str
    holder: str
    is_date: bool


def series_key(series: str) -> str:
    """Return the key of the claim that the jobs of a series compete for."""
    return f"claims/{series}"


def date_key(date: str) -> str:
    """Return the key of the claim that tasks with the same chosen date compete for."""
    return f"claims/dates/{date}"


def refusal(store: ClaimStore, claim: Claim, job_id: str) -> Refusal | None:
    """Take a job's claims; return the one that another job holds, or None if the job may work.

    :param job_id: the job's own id, which stays the same when Batch itself tries the job again
    """
    key = series_key(claim.series)
    if holder := hold(store, key, job_id, claim.after):
        return Refusal(key, holder, is_date=False)
    if claim.date and (holder := hold(store, date_key(claim.date), claim.task)):
        return Refusal(date_key(claim.date), holder, is_date=True)
    return None


def hold(store: ClaimStore, key: str, owner: str, after: str = "") -> str:
    """Take a claim, or find its other owner.

    :param owner: the new owner, who may hold the claim already
    :param after: an owner whose claim may be taken over
    :returns: the other owner; empty if the claim is held now
    :raises RuntimeError: if the claim changes at every attempt.
    """
    held: Held | None = None
    for _ in range(_LOOKS):
        if store.write(key, owner, held):
            return ""
        held = store.read(key)
        if held is None:
            continue  # it was deleted
        if held.owner == owner:
            return ""
        if held.owner != after:
            return held.owner
    raise RuntimeError(f"{key} changes at every look: something writes it again and again")
