"""Small objects of one round, beside its statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.page.bucket_fault import bucket_fault
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview import query_answers
from emmaa_cycle.overview.query_answers import QueryAnswers
from emmaa_cycle.quality import release
from emmaa_cycle.quality.release import RoundRelease
from emmaa_cycle.s3_layout import quality_key, query_answers_key

T = TypeVar("T")


class RoundObjects:
    """Reads the small objects of rounds. Threads may share it.

    An object that cannot be read costs itself, and is named in the caller's list of faults.
    """

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client

    def gate(self, model: str, date: str, faults: list[str]) -> RoundRelease | None:
        """Return what the gate says of a round; None if its model's rounds are never held.

        :raises BucketFaultError: if the bucket cannot be read.
        """
        return self._read(
            quality_key(model, date), release.parse_release, release.MAX_BYTES, faults
        )

    def answers(self, model: str, date: str, faults: list[str]) -> QueryAnswers | None:
        """Return a round's answers to queries; None if there are none.

        :raises BucketFaultError: if the bucket cannot be read.
        """
        key = query_answers_key(model, date)
        return self._read(key, query_answers.QueryAnswers.of_text, query_answers.MAX_BYTES, faults)

    def _read(
        self, key: str, parse: Callable[[bytes], T], max_bytes: int, faults: list[str]
    ) -> T | None:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            if answer["ContentLength"] > max_bytes:
                raise InputError(f"it has more than {max_bytes >> 10} kB")
            return parse(answer["Body"].read())
        except InputError as error:
            faults.append(f"{key}: {error}")
        except Exception as error:
            if is_refused(error):
                faults.append(f"{key}: {refusal(error)}")
            elif not is_absent(error):
                raise bucket_fault(error, self.bucket) from error
        return None
