"""The origin of an S3 object: metadata that a job writes and the next run reads.

A job gets its origin by environment variables from the run that submitted it, and writes it on
every object. A run started by the upload of such an object links back to the run that made it,
and knows whether subscribers may be notified: a backfill of an old day must not tweet.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from emmaa_cycle.errors import InputError
from emmaa_cycle.printable import printable_line

_DAG_ID = "emmaa-dag-id"
_RUN_ID = "emmaa-run-id"
_NOTIFY = "emmaa-notify"
_PLAIN = string.punctuation.replace("%", "")
#: The maximum length of an id of a DAG or run in Airflow.
_MAX_NAME = 250


@dataclass(frozen=True)
class Origin:
    """The run that made an object.

    :param dag_id: the run's DAG, empty if no run made the object
    :param run_id: the run's id, empty if no run made the object
    :param notify: whether subscribers may be notified of the results
    """

    dag_id: str = ""
    run_id: str = ""
    notify: bool = True

    def to_metadata(self) -> dict[str, str]:
        """Return the S3 user metadata of an object with this origin.

        Names are percent-encoded where they are not ASCII, which is all that metadata can hold.
        """
        return {
            _DAG_ID: _encoded(self.dag_id),
            _RUN_ID: _encoded(self.run_id),
            _NOTIFY: _flag(self.notify),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Origin:
        """Read the origin from an object's S3 user metadata, which objects made by a person lack.

        :raises InputError: if ``emmaa-notify`` is neither ``true`` nor ``false``.
        """
        return cls(
            dag_id=_decoded(metadata.get(_DAG_ID, "")),
            run_id=_decoded(metadata.get(_RUN_ID, "")),
            notify=_truth(f"the S3 metadata {_NOTIFY}", metadata.get(_NOTIFY, "true")),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the environment variables that pass the origin to a job."""
        values = {_DAG_ID: self.dag_id, _RUN_ID: self.run_id, _NOTIFY: _flag(self.notify)}
        return {_variable(name): value for name, value in values.items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Origin:
        """Read the origin in a job; a job started by hand has none.

        :raises InputError: if ``EMMAA_NOTIFY`` is neither ``true`` nor ``false``.
        """
        return cls(
            dag_id=environment.get(_variable(_DAG_ID), ""),
            run_id=environment.get(_variable(_RUN_ID), ""),
            notify=_truth(_variable(_NOTIFY), environment.get(_variable(_NOTIFY), "true")),
        )


def _encoded(name: str) -> str:
    return quote(name, safe=_PLAIN, errors="surrogateescape")


def _decoded(text: str) -> str:
    """Decode a name so that Airflow can store it; an object's metadata may hold anything."""
    return printable_line(unquote(text, errors="surrogateescape"), _MAX_NAME)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _truth(name: str, text: str) -> bool:
    # Do not guess the meaning of "0" or an empty text: nobody must be notified by mistake.
    known = {"true": True, "false": False}
    try:
        return known[text.strip().lower()]
    except KeyError:
        raise InputError(
            f"{name} is {text!r}: it must be true or false, whether subscribers may be notified"
        ) from None


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
