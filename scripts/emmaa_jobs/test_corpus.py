"""Test corpora: statements that a model should explain (emmaa-facts, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import corpus_key, corpus_prefix
from emmaa_jobs.bucket import Bucket


@dataclass(frozen=True)
class TestCorpus:
    """Named tests.

    :param test_data: ``name`` and ``description`` for people; may be empty
    :param tests: the statements to check, INDRA statement JSON
    """

    __test__ = False  # not a pytest class

    test_data: dict[str, str]
    tests: list[dict[str, Any]]

    def save(self, bucket: Bucket, corpus: str, date_str: str | None = None) -> str:
        """Write the corpus, dated when a job made it, and return its key."""
        key = corpus_key(corpus, date_str)
        bucket.write_json(key, {"test_data": self.test_data, "tests": self.tests})
        return key


def load_test_corpus(bucket: Bucket, corpus: str) -> TestCorpus:
    """The newest dated version of a corpus, else the undated one.

    :raises MissingObjectError: if there is neither.
    :raises InputError: if it is not of the form ``{"test_data": …, "tests": […]}`` or a list.
    """
    latest = bucket.latest(corpus_prefix(corpus))
    key = latest.key if latest else corpus_key(corpus)
    document = bucket.read_json(key)
    if isinstance(document, list):
        return TestCorpus({}, document)
    if not isinstance(document, dict) or not isinstance(document.get("tests"), list):
        raise InputError(
            f"s3://{bucket.name}/{key} is no test corpus:"
            ' {"test_data": {…}, "tests": [statement JSON, …]} is expected'
        )
    return TestCorpus(document.get("test_data") or {}, document["tests"])
