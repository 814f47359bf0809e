"""Objects of earlier rounds that S3 does not return: they cost the comparison with them alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_cycle.s3_layout import corpus_stats_key, left_out_key, results_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import RefusedObjectError
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from tests.jobs.known_biology import ras_statements

FIRST, SECOND = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


class Refusing:
    """An S3 client that refuses one object."""

    def __init__(self, client: Any, key: str, code: str) -> None:
        self._client, self._key, self._code = client, key, code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **asked: Any) -> Any:
        if asked["Key"] == self._key:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "GetObject")
        return self._client.get_object(**asked)


def refusing(bucket: Bucket, key: str, code: str) -> Bucket:
    client: Any = Refusing(bucket.client, key, code)
    return Bucket(bucket.name, client, bucket.origin)


@pytest.mark.parametrize("code", ["AccessDenied", "KMS.DisabledException", "InvalidRequest"])
def test_a_refused_object_is_named(bucket: Bucket, code: str) -> None:
    bucket.write_json("a.json", {})
    with pytest.raises(RefusedObjectError, match=rf"s3://emmaa/a\.json.*{code}"):
        refusing(bucket, "a.json", code).read_json("a.json")


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "KMS.ThrottlingException"])
def test_an_outage_is_no_refusal(bucket: Bucket, code: str) -> None:
    bucket.write_json("a.json", {})
    with pytest.raises(ClientError, match=code):
        refusing(bucket, "a.json", code).read_json("a.json")


@pytest.mark.parametrize("code", ["AccessDenied", "KMS.DisabledException"])
@pytest.mark.parametrize("which", ["statistics", "list"])
def test_refused_objects_of_the_round_before_cost_the_comparison(
    bucket: Bucket, which: str, code: str
) -> None:
    passed = {"result_json": {"path_found": True, "result_code": "PATHS_FOUND"}, "path_json": []}
    (test, *_) = [each.to_json() for each in ras_statements()]
    for date in (FIRST, SECOND):
        document = [{"mc_types": ["pysb"]}, {"test_json": test, "pysb": passed}, {"nonsense": 1}]
        bucket.write_json(results_key("m", "c", date), document)
    make_corpus_stats(bucket, "m", "c", FIRST)
    keys = {
        "statistics": corpus_stats_key("m", "c", FIRST),
        "list": left_out_key("m", "test_stats_c", FIRST),
    }

    make_corpus_stats(refusing(bucket, keys[which], code), "m", "c", SECOND)

    assert bucket.read_json(corpus_stats_key("m", "c", SECOND))["test_round_summary"]
