"""The previous statistics, against which a round's news and series are told.

The previous round is the newest one strictly before this round that has statistics. The
original loaded that round's statements or results again and made nothing where they were gone.
Here the previous statistics themselves are read: they name every statement, paper and test of
their round, so one object tells the delta, also where the round's other objects were archived
or are the original's pickles. Rounds can therefore be recomputed at any time, each from the one
before it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreviousStats:
    """Statistics of an earlier round.

    :param key: the S3 key, for messages
    :param date: the round's ``<dt>``
    :param document: the statistics as JSON
    """

    key: str
    date: str
    document: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """A section that every such file has.

        :raises InputError: if it is not there, naming the object and the ways out.
        """
        section = self.document.get(name)
        if not isinstance(section, Mapping):
            raise InputError(
                f"{self.key} has no section {name!r}, so nothing can be compared with it:"
                " make that round's statistics again, or remove the object to compare with an"
                " older round"
            )
        return section

    def field(self, section: str, name: str) -> Any:
        """A field of a section.

        :raises InputError: if it is not there.
        """
        try:
            return self.section(section)[name]
        except KeyError as error:
            raise InputError(
                f"{self.key} has no field {section}.{name}, so nothing can be compared with it:"
                " make that round's statistics again, or remove the object to compare with an"
                " older round"
            ) from error

    @property
    def series(self) -> Mapping[str, Any]:
        """The time series up to that round."""
        return self.section("changes_over_time")


def load_previous(bucket: Bucket, prefix: str, round_date: str) -> PreviousStats | None:
    """The newest statistics strictly before a round; None in a first round.

    :param prefix: what the keys of these statistics start with
    :raises InputError: if they are no JSON object.
    """
    latest = bucket.latest(prefix, (".json",), before=round_date)
    if latest is None:
        logger.info("there are no earlier statistics %s…: a first round has no news", prefix)
        return None
    document = bucket.read_json(latest.key)
    if not isinstance(document, dict):
        raise InputError(f"s3://{bucket.name}/{latest.key} holds no JSON object: no statistics")
    logger.info("comparing with %s", latest.key)
    return PreviousStats(f"s3://{bucket.name}/{latest.key}", latest.date, document)
