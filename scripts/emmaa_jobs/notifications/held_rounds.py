"""The rounds of which people must not read yet: Airflow's gate holds them."""

from __future__ import annotations

import logging

from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_cycle.quality.release import MAX_BYTES, parse_release
from emmaa_cycle.s3_layout import quality_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import ArchivedObjectError, MissingObjectError
from emmaa_jobs.unpacking import UnpackingError

logger = logging.getLogger(__name__)


class HeldRounds:
    """The gate's state of rounds, as the bucket has it; each is read once.

    :param bucket: the deployment's bucket
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._reasons: dict[tuple[str, str], str] = {}

    def holds(self, model: str, round_date: str | None) -> bool:
        """Return whether mails about a round wait, or must never be sent.

        A round without a state was never held. One whose state cannot be read is held.

        :param round_date: the round's ``<dt>``; None for answers of the original, which has no gate
        """
        if round_date is None:
            return False
        if (model, round_date) not in self._reasons:
            reason = self._reason(model, round_date)
            self._reasons[model, round_date] = reason
            if reason:
                logger.warning(
                    "%s: the answers of round %s are not sent: %s", model, round_date, reason
                )
        return bool(self._reasons[model, round_date])

    @property
    def summary(self) -> str:
        """``not sent: the answers of 2 held rounds``; empty if none is held."""
        count = sum(map(bool, self._reasons.values()))
        rounds = "1 held round" if count == 1 else f"{count} held rounds"
        return f"not sent: the answers of {rounds}" if count else ""

    def _reason(self, model: str, round_date: str) -> str:
        try:
            check_name("model", model)
        except InputError:
            return ""  # no gate has seen a model of such a name
        key = quality_key(model, round_date)
        try:
            release = parse_release(self._bucket.read_bytes(key, MAX_BYTES))
        except MissingObjectError:
            return ""
        except (InputError, UnpackingError, ArchivedObjectError) as error:
            return f"s3://{self._bucket.name}/{key} cannot be read: {error}"
        return "" if release.state.is_released else f"the round is {release.state}"
