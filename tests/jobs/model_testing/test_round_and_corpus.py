"""Tests of the choice of round and corpus, and of the message where one cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model.corpus import TestCorpus
from run_model_tests_from_s3 import main
from tests.jobs.model_testing.rounds import ROUND, save_corpus, save_round
from tests.jobs.model_testing.textbook_run import FALSE, TRUE, run


def test_the_round_that_is_named_is_tested(bucket: Bucket) -> None:
    save_round(bucket)
    save_round(bucket, [], date_str="2020-01-03-00-00-00")
    save_corpus(bucket, [TRUE], name="textbook_tests")
    assert len(run(bucket, "--date-str", ROUND)) == 2
    main(["-m", "rasmodel", "-t", "textbook_tests"])
    newer = bucket.read_json("results/rasmodel/results_textbook_tests_2020-01-03-00-00-00.json")
    assert len(newer) == 1


def test_what_is_missing_is_named(bucket: Bucket) -> None:
    flags = ["-m", "rasmodel", "-t", "textbook_tests"]
    with pytest.raises(MissingObjectError, match=r"results/rasmodel/model_manager_"):
        main(flags)
    save_round(bucket)
    with pytest.raises(MissingObjectError, match=r"tests/textbook_tests\.json\.gz"):
        main(flags)


def test_a_corpus_that_is_only_a_pickle_is_named_with_the_way_out(bucket: Bucket) -> None:
    save_round(bucket)
    bucket.write_bytes("tests/textbook_tests_2019-01-01-00-00-00.pkl", b"never read", "")
    way_out = r"2019-01-01-00-00-00\.pkl is a pickle .*import_legacy\.py --tests textbook_tests"
    with pytest.raises(MissingObjectError, match=way_out):
        run(bucket)


def test_a_round_is_tested_with_the_corpus_of_its_time(bucket: Bucket) -> None:
    save_round(bucket)
    save_round(bucket, date_str="2020-01-04-00-00-00")
    for day, tests in {"01": [TRUE], "03": [TRUE, FALSE]}.items():
        corpus = TestCorpus({}, [each.to_json() for each in tests])
        corpus.save(bucket, "textbook_tests", f"2020-01-{day}-00-00-00")
    main(["-m", "rasmodel", "-t", "textbook_tests"])
    newest = bucket.read_json("results/rasmodel/results_textbook_tests_2020-01-04-00-00-00.json")
    assert len(newest) == 3
    assert len(run(bucket, "--date-str", ROUND)) == 2


def test_a_corpus_that_is_newer_than_the_round_is_taken_where_it_began(bucket: Bucket) -> None:
    save_round(bucket)
    for day, tests in {"08": [TRUE], "09": [TRUE, FALSE]}.items():
        corpus = TestCorpus({}, [each.to_json() for each in tests])
        corpus.save(bucket, "textbook_tests", f"2020-01-{day}-00-00-00")
    assert len(run(bucket)) == 2


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda _: ["a list"], "the document: "),
        (lambda document: document.pop("entities") and document, "entities: Field required"),
        (lambda document: {**document, "mood": "good"}, "mood: "),
        (
            lambda document: {**document, "mc_types": "pysb"},
            "mc_types: Input should be a valid lis",
        ),
        (lambda document: {**document, "format": 2}, "has format 2, and these jobs read format 1"),
    ],
)
def test_a_manager_that_cannot_be_read_is_named(bucket: Bucket, change: Any, wrong: str) -> None:
    save_round(bucket)
    key = f"results/rasmodel/model_manager_{ROUND}.json.gz"
    bucket.write_json(key, change(bucket.read_json(key)))
    with pytest.raises(InputError, match=f"s3://emmaa/{key} .*{wrong}"):
        run(bucket)
