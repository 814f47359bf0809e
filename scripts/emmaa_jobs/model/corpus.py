"""Statements that a model should explain (docs/reference/objects.md#test-corpora)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import JSON_GZ, corpus_key, corpus_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.statements.storable import storable_json
from emmaa_jobs.unpacking import unpacked_limit

logger = logging.getLogger(__name__)

_PICKLE = ".pkl"


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


def load_test_corpus(bucket: Bucket, corpus: str, round_date: str | None = None) -> TestCorpus:
    """Load a corpus as it was at a round.

    It is the newest dated version up to the round; if all are newer, the oldest, for a corpus may
    be made after the round that it is first asked of. Without dated versions it is the undated one.

    :param round_date: the round's ``<dt>``; the newest version is taken if None
    :raises MissingObjectError: if there is none, or only the original's pickle.
    :raises InputError: if it is not of the form ``{"test_data": …, "tests": […]}`` or a list.
    """
    key = _key_of_version(bucket, corpus, round_date)
    if key is None:
        raise _missing(bucket, corpus)
    document = bucket.read_json(key, unpacked_limit())
    if isinstance(document, list):
        return TestCorpus({}, document)
    if not isinstance(document, dict) or not isinstance(document.get("tests"), list):
        raise InputError(
            f"s3://{bucket.name}/{key} is not a test corpus:"
            ' {"test_data": {…}, "tests": [statement JSON, …]} is expected'
        )
    data = document.get("test_data")
    return TestCorpus(storable_json(data) if isinstance(data, dict) else {}, document["tests"])


def _key_of_version(bucket: Bucket, corpus: str, round_date: str | None) -> str | None:
    versions = bucket.dated_keys(corpus_prefix(corpus))
    if not versions:
        plain = corpus_key(corpus)
        return plain if plain in bucket.keys(plain) else None
    known = [each for each in versions if round_date is None or each.date <= round_date]
    if known:
        return known[-1].key
    logger.info("all versions of %s are newer than %s: the oldest is taken", corpus, round_date)
    return versions[0].key


def _missing(bucket: Bucket, corpus: str) -> MissingObjectError:
    plain = corpus_key(corpus)
    pickle = plain.removesuffix(JSON_GZ) + _PICKLE
    dated = [each.key for each in bucket.dated_keys(corpus_prefix(corpus), (_PICKLE,))]
    pickles = [key for key in bucket.keys(pickle) if key == pickle] + dated
    if pickles:
        return MissingObjectError(
            f"s3://{bucket.name}/{pickles[-1]} is a pickle of the original's jobs, which is not"
            " loaded because that would run code; scripts/import_legacy.py --tests"
            f" {corpus} turns it into JSON"
        )
    return MissingObjectError(f"s3://{bucket.name}/{plain} does not exist, nor a dated version")
