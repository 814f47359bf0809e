"""Statistics of before, made fit for the pages that read them.

Jobs of this project wrote ``"curation_summary": null`` while curations were unknown. The original
dashboard looks into that section on every page of a model, and answers 500 where it is null.
"""

from __future__ import annotations

import logging
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_stats_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.stats.curations import empty_summary

logger = logging.getLogger(__name__)


def heal_earlier_stats(bucket: Bucket, model: str, before: str) -> int:
    """Give the statistics of earlier rounds their curation section, newest first.

    It stops at the first round that has it, so it costs one read once all are healed.

    :param before: the ``<dt>`` of a round, which is healthy itself
    :returns: how many were healed
    """
    healed = 0
    earlier = [
        found
        for found in bucket.dated_keys(model_stats_prefix(model), (".json",))
        if found.date < before
    ]
    for found in sorted(earlier, key=lambda each: each.date, reverse=True):
        document = _read(bucket, found.key)
        if not isinstance(document, dict):
            continue  # no statistics: the comparison with it says so
        if isinstance(document.get("curation_summary"), dict):
            break
        bucket.write_json(found.key, {**document, "curation_summary": empty_summary()})
        logger.info("%s: gave it an empty curation_summary, for the dashboard", found.key)
        healed += 1
    return healed


def _read(bucket: Bucket, key: str) -> Any:
    try:
        return bucket.read_json(key)
    except InputError as error:  # removed meanwhile, archived or broken
        logger.warning("an earlier round's statistics stay as they are: %s", error)
        return None
