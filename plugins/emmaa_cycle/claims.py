"""The claim by which the Batch jobs of one series exclude each other, however far listings lag.

SubmitJob has no idempotency token, and ListJobs may not show a job that was submitted a moment ago.
So an attempt can submit a second job of its series. It cannot make it *run*: before a job does
anything else, it writes its id to ``claims/<series>`` by a conditional put, which S3 grants once.
A job that finds another one's id there ends. The claim passes on only when an attempt has seen
that the job which holds it has ended: it names that job to the one that it submits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from emmaa_cycle.errors import InputError

#: The environment variable that hands its claim to a job.
VARIABLE = "EMMAA_CLAIM"
#: Another job may change what a claim holds between two looks, but not many times.
_LOOKS = 10


@dataclass(frozen=True)
class Claim:
    """What a job must hold before it works.

    :param series: the name of the series, which is its job's name
    :param after: the id of a job that held the claim and has ended; empty if there is none
    :param date: what no other task may make: the planned job's name, which ends with the date that
        the run has chosen. Empty if the date is not the run's choice
    :param task: the digest of the task, which holds ``date``
    """

    series: str
    after: str = ""
    date: str = ""
    task: str = ""

    def to_environment(self) -> dict[str, str]:
        """Return the environment variable that hands the claim to a job."""
        return {VARIABLE: json.dumps({k: v for k, v in asdict(self).items() if v})}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Claim | None:
        """Read the claim in a job; None in a job that a person started by hand.

        :raises InputError: if the variable is there and not what :meth:`to_environment` wrote.
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

    :param owner: what was written
    :param etag: names this version of the object
    """

    owner: str
    etag: str


class ClaimStore(Protocol):
    """The bucket, as far as claims need it. Each write is all or nothing."""

    def read(self, key: str) -> Held | None:
        """Return what is there; None if there is nothing."""

    def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
        """Write if what is there is still ``instead_of``, and return whether it was."""


@dataclass(frozen=True)
class Refusal:
    """Why a job must not work.

    :param key: the claim that another one holds
    :param holder: who holds it: a job's id, or for a date a task's digest
    :param is_date: whether it is the claim on a date
    """

    key: str
    holder: str
    is_date: bool


def series_key(series: str) -> str:
    """Return the key of the claim that the jobs of a series compete for."""
    return f"claims/{series}"


def date_key(date: str) -> str:
    """Return the key of the claim that the tasks compete for which chose the same date."""
    return f"claims/dates/{date}"


def refusal(store: ClaimStore, claim: Claim, job_id: str) -> Refusal | None:
    """Take a job's claims; return what another one holds, None if the job may work.

    :param job_id: the job's own id, which stays the same when Batch itself tries the job again
    """
    key = series_key(claim.series)
    if holder := hold(store, key, job_id, claim.after):
        return Refusal(key, holder, is_date=False)
    if claim.date and (holder := hold(store, date_key(claim.date), claim.task)):
        return Refusal(date_key(claim.date), holder, is_date=True)
    return None


def hold(store: ClaimStore, key: str, owner: str, after: str = "") -> str:
    """Take a claim, or find that another one holds it.

    :param owner: who takes it; to hold it already is as good
    :param after: an owner whose claim may be taken over
    :returns: the other owner; empty if the claim is held now
    :raises RuntimeError: if the claim changes at every look.
    """
    held: Held | None = None
    for _ in range(_LOOKS):
        if store.write(key, owner, held):
            return ""
        held = store.read(key)
        if held is None:
            continue  # somebody has deleted it
        if held.owner == owner:
            return ""
        if held.owner != after:
            return held.owner
    raise RuntimeError(f"{key} changes at every look: something writes it again and again")
