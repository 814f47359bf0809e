"""The original's oldest statistics: until January 2020 one file for model and tests together.

They are read only if there is nothing newer (docs/reference/s3-layout.md#files-of-the-original).
Their tests are those of the model's default test corpus, as the original's dashboard reads them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from emmaa_cycle.s3_layout import combined_stats_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.manager_record import round_config
from emmaa_jobs.stats.previous_round import PreviousStats, load_previous

logger = logging.getLogger(__name__)


def combined_model_stats(bucket: Bucket, model: str, round_date: str) -> PreviousStats | None:
    """Load the newest combined file before a round; None if there is none that lists statements.

    :raises InputError: if it is no JSON.
    """
    return _combined(bucket, model, round_date, "model_summary", "all_stmts")


def combined_corpus_stats(
    bucket: Bucket, model: str, corpus: str, round_date: str
) -> PreviousStats | None:
    """Load the newest combined file before a round; None for all but the default test corpus.

    :raises MissingObjectError: if there is such a file and the model has no config, which alone
        says what its default corpus is.
    :raises InputError: if the file or the config cannot be used.
    """
    previous = _combined(bucket, model, round_date, "test_round_summary", "all_test_results")
    if previous is None:
        return None
    default = round_config(bucket, model, round_date).test.default_test_corpus
    return previous if corpus == default else None


def _combined(
    bucket: Bucket, model: str, round_date: str, section: str, field: str
) -> PreviousStats | None:
    previous = load_previous(bucket, combined_stats_prefix(model), round_date)
    if previous is None:
        return None
    part = previous.document.get(section)
    # Before October 2019 these files had other fields, which nothing can be compared with.
    if isinstance(part, Mapping) and field in part:
        return previous
    logger.warning("%s has no %s.%s: the time series start again", previous.key, section, field)
    return None
