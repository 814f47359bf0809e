"""The tests job: one corpus against one round, from the bucket and back into it."""

from __future__ import annotations

import logging
import sys

from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.indra_setup.resources import check_resources
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.corpus import load_test_corpus
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.model_testing.run import run_tests
from emmaa_jobs.overview.stages import record_counts

#: Graph code recurses as deep as paths are long. The original's 50,000 is deeper than the stack of
#: 8 MB that Linux gives: Python then crashes, where a test should fail by itself.
RECURSION_LIMIT = 10_000


def test_round(bucket: Bucket, model: str, corpus_name: str, date_str: str | None) -> str:
    """Test a round and write its results.

    :param date_str: the round; the latest if None
    :returns: one line: tests applied, passed per model type, and what was left out
    :raises MissingObjectError: if the round, its statements or the corpus is not there.
    :raises InputError: if the config or the corpus cannot be used, or no model type can be made.
    """
    check_resources()
    sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
    # INDRA logs several lines a test.
    logging.getLogger("indra").setLevel(logging.WARNING)
    record = load_manager(bucket, model, date_str)
    corpus = load_test_corpus(bucket, corpus_name, record.date_str)
    done = run_tests(
        record,
        lambda: load_assembled(bucket, model, record.date_str),
        corpus_name,
        corpus,
    )
    done.save(bucket)
    return record_counts(
        bucket,
        model,
        Stage.TESTS,
        done.date_str,
        {"applied": len(done.tests)},
        done.summary,
        left_out=done.left_out,
        corpus=corpus_name,
    )
