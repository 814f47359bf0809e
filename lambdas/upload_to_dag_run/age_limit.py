"""The age limit of rounds whose upload starts a run."""

from __future__ import annotations

import math
import os

from emmaa_cycle.errors import InputError

#: The default of the setting ``uploads.key_days``, which the upload watch follows.
DEFAULT_KEY_DAYS = 30.0
#: The setting's largest value.
_LONGEST = 36500.0


def key_days() -> float:
    """Return how many days older than its upload the date in a key may be.

    Read from the variable ``UPLOADS_KEY_DAYS``, which the deployment sets from
    ``uploads.key_days``, so that the function and the upload watch follow one rule.

    :raises InputError: if the variable is not a number of days.
    """
    text = os.environ.get("UPLOADS_KEY_DAYS", "").strip()
    if not text:
        return DEFAULT_KEY_DAYS
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 < days <= _LONGEST:
        raise InputError(
            f"UPLOADS_KEY_DAYS is {text!r}: set it to a number of days, more than 0 and at most"
            f" {_LONGEST:.0f}"
        )
    return days
