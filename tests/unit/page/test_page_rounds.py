"""Reading two rounds of a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.round_reader import RoundReader
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key, quality_key
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document
from tests.unit.page.page_bucket import BUCKET, CORPUS, DAY_1, DAY_2, PageBucket, page_bucket

MODEL, DAY_0, GONE = "rasmodel", "2026-02-28-17-00-00", "2026-01-01-00-00-00"


def document(*hashes: int) -> dict[str, Any]:
    found = model_document()
    found["model_summary"]["all_stmts"] = {str(n): ["", f"S{n}.", ""] for n in hashes}
    return found


def put(bucket: PageBucket, date: str, statistics: dict[str, Any], verdict: str) -> None:
    bucket.put(model_stats_key(MODEL, date), json.dumps(statistics).encode())
    tests = corpus_document()
    tests["test_round_summary"]["all_test_results"]["1"]["pysb"] = [verdict, "why"]
    bucket.put(corpus_stats_key(MODEL, CORPUS, date), json.dumps(tests).encode())


@pytest.fixture
def bucket() -> Iterator[PageBucket]:
    with page_bucket() as bucket:
        put(bucket, DAY_0, document(1), "Pass")
        put(bucket, DAY_1, document(1, 2), "Fail")
        put(bucket, DAY_2, document(2, 3), "Pass")
        yield bucket


@pytest.fixture
def reader(bucket: PageBucket) -> RoundReader:
    return RoundReader(BUCKET, bucket.client)


def seen(reader: RoundReader, *dates: str) -> tuple[str, str, list[str], list[str], int]:
    changes = reader.read(MODEL, [CORPUS], *dates)
    added, removed = (
        [each.hash for each in some]
        for some in (changes.statements.added, changes.statements.removed)
    )
    (corpus,) = changes.corpora
    assert changes.rounds == (DAY_2, DAY_1, DAY_0)
    assert changes.faults == ()
    return changes.date, changes.before, added, removed, corpus.newly_passed


def test_the_newest_round_is_compared_with_that_before_it(reader: RoundReader) -> None:
    assert seen(reader) == (DAY_2, DAY_1, ["3"], ["1"], 1)


def test_any_two_rounds_are_compared(reader: RoundReader) -> None:
    assert seen(reader, DAY_1) == (DAY_1, DAY_0, ["2"], [], 0)
    assert seen(reader, DAY_2, DAY_0) == (DAY_2, DAY_0, ["3", "2"], ["1"], 0)
    assert seen(reader, DAY_0) == (DAY_0, "", [], [], 0)


def test_what_is_known_is_not_digested_again(
    reader: RoundReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen(reader)
    monkeypatch.setattr(
        "emmaa_airflow.page.round_reader.parse_json", lambda _: pytest.fail("read again")
    )
    assert seen(reader) == before


@pytest.mark.parametrize(
    "dates", [("2026-01-01-00-00-00",), (DAY_2, "2026-01-01-00-00-00"), ("x",)]
)
def test_a_round_that_is_not_there_is_named(reader: RoundReader, dates: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=rf"no statistics of {dates[-1]}"):
        reader.read(MODEL, [CORPUS], *dates)


def test_a_model_without_statistics_is_named(reader: RoundReader) -> None:
    with pytest.raises(InputError, match="The model skcm has no statistics yet"):
        reader.read("skcm", [])


@pytest.mark.parametrize(
    "key", [model_stats_key(MODEL, DAY_1), corpus_stats_key(MODEL, CORPUS, DAY_1)]
)
@pytest.mark.parametrize("content", [b"{", b"[]", b'{"model_summary": {}}'])
def test_statistics_that_cannot_be_read_cost_themselves(
    bucket: PageBucket, reader: RoundReader, key: str, content: bytes
) -> None:
    bucket.put(key, content)
    changes = reader.read(MODEL, [CORPUS])
    (fault,) = changes.faults
    assert fault.startswith(f"{key}: ")
    assert len(changes.corpora) == 1


def test_a_corpus_without_statistics_of_the_round_is_left_out(
    bucket: PageBucket, reader: RoundReader
) -> None:
    bucket.client.delete_object(Bucket=BUCKET, Key=corpus_stats_key(MODEL, CORPUS, DAY_2))
    assert reader.read(MODEL, [CORPUS]).corpora == ()


def test_a_bucket_that_does_not_exist_is_named(bucket: PageBucket) -> None:
    with pytest.raises(BucketFaultError, match="'gone' cannot be read: it does not exist"):
        RoundReader("gone", bucket.client).read(MODEL, [])


@pytest.mark.parametrize(("code", "costs_itself"), [("AccessDenied", True), ("SlowDown", False)])
def test_a_refused_object_costs_itself_and_an_outage_the_page(
    reader: RoundReader, monkeypatch: pytest.MonkeyPatch, code: str, costs_itself: bool
) -> None:
    refused, get = corpus_stats_key(MODEL, CORPUS, DAY_2), reader.client.get_object

    def get_object(**request: Any) -> Any:
        if request["Key"] == refused:
            answer: Any = {
                "Error": {"Code": code, "Message": "no"},
                "ResponseMetadata": {"HTTPStatusCode": 403 if costs_itself else 503},
            }
            raise ClientError(answer, "GetObject")
        return get(**request)

    monkeypatch.setattr(reader.client, "get_object", get_object)
    if costs_itself:
        changes = reader.read(MODEL, [CORPUS])
        assert changes.statements.added
        (fault,) = changes.faults
        assert fault.startswith(f"{refused}: S3 refuses it")
    else:
        with pytest.raises(BucketFaultError, match=code):
            reader.read(MODEL, [CORPUS])


def test_a_gates_object_that_is_too_large_is_named_with_the_limit(
    bucket: PageBucket, reader: RoundReader
) -> None:
    bucket.put(quality_key(MODEL, DAY_1), b" " * (256 * 1024 + 1))
    faults: list[str] = []
    assert reader.objects.gate(MODEL, DAY_1, faults) is None
    assert faults == [f"{quality_key(MODEL, DAY_1)}: it has more than 256 kB"]


def test_an_impossible_date_is_no_round(bucket: PageBucket, reader: RoundReader) -> None:
    bucket.put(model_stats_key(MODEL, DAY_2).replace(DAY_2, "9999-99-99-99-99-99"), b"{}")
    assert reader.read(MODEL, "", "").date == DAY_2
