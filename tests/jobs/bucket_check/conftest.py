"""An old bucket with one model of each kind."""

from __future__ import annotations

import pytest

from emmaa_jobs.bucket import Bucket
from tests.jobs.bucket_check.made_up_models import NEW, OLD, add_model, add_object


@pytest.fixture
def old_bucket(bucket: Bucket) -> Bucket:
    """One model of each kind."""
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["large_corpus_tests"]}
    add_model(bucket, "covid19", f"{OLD}.pkl", f"{NEW}.pkl", run_daily_update=True, test=tested)
    add_model(bucket, "rasmodel", f"{NEW}.pkl", f"{NEW}.json.gz", run_daily_tests=True)
    add_model(bucket, "own", run_daily_update=True, batch={"resource_class": {"tests": "large"}})
    add_model(bucket, "asleep", f"{OLD}.pkl")
    add_object(bucket, "tests/large_corpus_tests.pkl")
    return bucket
