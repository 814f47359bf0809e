"""Reading two rounds' statistics, to show what changed between them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock, Semaphore
from typing import Any, Generic, TypeVar

from emmaa_airflow.aws.bucket_reader import json_by_round
from emmaa_airflow.aws.s3_errors import is_absent, is_refused, refusal
from emmaa_airflow.page.bucket_fault import BucketFaultError, bucket_fault
from emmaa_airflow.page.round_objects import RoundObjects
from emmaa_cycle.errors import InputError
from emmaa_cycle.json_text import parse_json
from emmaa_cycle.overview.changes import (
    CorpusChanges,
    Statement,
    StatementChanges,
    Test,
    corpus_changes,
    round_statements,
    round_tests,
    statement_changes,
)
from emmaa_cycle.overview.query_answers import QueryAnswers
from emmaa_cycle.overview.series import Chart, corpus_charts, model_charts
from emmaa_cycle.quality.release import RoundRelease
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key, model_stats_prefix

T = TypeVar("T")
#: Statistics of a large model have some 20 MB.
_MAX_BYTES = 64 << 20
#: Digested statistics that are kept: two rounds of a model with three corpora are eight.
_KEPT = 16
#: Rounds that are read at the same time: each may take seconds of a CPU.
_AT_ONCE = Semaphore(2)


@dataclass(frozen=True)
class Digest(Generic[T]):
    """The shown part of one statistics document.

    :param entries: its statements or tests, by hash
    """

    entries: Mapping[str, T]
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class RoundChanges:
    """The changes from one round of a model to another.

    :param date: the later round
    :param before: the earlier one; empty if there is none
    :param rounds: all rounds that can be compared, the newest first
    :param charts: the model's figures up to the later round
    :param faults: objects that cannot be read, and why
    :param gate: the gate's state of the later round; None if the model's rounds are never held
    :param answers: the later round's answers to registered queries; None if there are none
    """

    model: str
    date: str
    before: str
    rounds: tuple[str, ...]
    statements: StatementChanges
    corpora: tuple[CorpusChanges, ...]
    charts: tuple[Chart, ...] = ()
    faults: tuple[str, ...] = ()
    gate: RoundRelease | None = None
    answers: QueryAnswers | None = None


class RoundReader:
    """Reads rounds when somebody looks at them. Threads may share it."""

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client
        self.objects = RoundObjects(bucket, client)
        self._lock = Lock()
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def read(
        self, model: str, corpora: Sequence[str], date: str = "", before: str = ""
    ) -> RoundChanges:
        """Return what changed.

        :param corpora: the model's test corpora
        :param date: the later round; the newest if empty
        :param before: the earlier one; the one before ``date`` if empty
        :raises InputError: if the model has no such round.
        :raises BucketFaultError: if the bucket cannot be read.
        """
        try:
            with _AT_ONCE:
                return self._changes(model, corpora, date, before)
        except (InputError, BucketFaultError):
            raise
        except Exception as error:
            raise bucket_fault(error, self.bucket) from error

    def _changes(self, model: str, corpora: Sequence[str], date: str, before: str) -> RoundChanges:
        rounds = self._rounds(model)
        date = date or next(iter(rounds), "")
        for wanted in filter(None, (date, before)):
            if wanted not in rounds:
                raise InputError(f"The model {model} has no statistics of {wanted}.")
        if not date:
            raise InputError(f"The model {model} has no statistics yet.")
        before = before or next((each for each in rounds if each < date), "")
        faults: list[str] = []
        now = self._model(model, date, faults)
        earlier = self._model(model, before, faults)
        charts = list(now.charts) if now else []
        compared = []
        for corpus in corpora:
            tests = self._corpus(model, corpus, date, faults)
            old = self._corpus(model, corpus, before, faults)
            if tests:
                earlier_tests = old.entries if old else None
                compared.append(corpus_changes(corpus, tests.entries, earlier_tests))
                charts += tests.charts
        statements = (
            statement_changes(now.entries, earlier.entries if earlier else None)
            if now
            else StatementChanges()
        )
        gate = self.objects.gate(model, date, faults)
        answers = self.objects.answers(model, date, faults)
        return RoundChanges(
            model,
            date,
            before,
            rounds,
            statements,
            tuple(compared),
            tuple(charts),
            tuple(faults),
            gate,
            answers,
        )

    def _model(self, model: str, date: str, faults: list[str]) -> Digest[Statement] | None:
        def digest(document: Any) -> Digest[Statement]:
            return Digest(round_statements(document), model_charts(document))

        return self._digest(model_stats_key(model, date), digest, faults) if date else None

    def _corpus(self, model: str, corpus: str, date: str, faults: list[str]) -> Digest[Test] | None:
        def digest(document: Any) -> Digest[Test]:
            return Digest(round_tests(document), corpus_charts(corpus, document))

        return self._digest(corpus_stats_key(model, corpus, date), digest, faults) if date else None

    def _rounds(self, model: str) -> tuple[str, ...]:
        prefix = model_stats_prefix(model)
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        keys = (item["Key"] for page in pages for item in page.get("Contents", []))
        return tuple(sorted(json_by_round(prefix, keys), reverse=True))

    def _digest(
        self, key: str, digest: Callable[[Any], Digest[T]], faults: list[str]
    ) -> Digest[T] | None:
        """Return what is shown of an object; None if there is none, or it cannot be read."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            identity = f"{key} {answer['ETag']}"
            with self._lock:
                if identity in self._kept:
                    self._kept.move_to_end(identity)
                    found: Digest[T] = self._kept[identity]
                    return found
            if answer["ContentLength"] > _MAX_BYTES:
                raise InputError(f"it has more than {_MAX_BYTES >> 20} MB")
            made = digest(parse_json(answer["Body"].read()))
        except ValueError as error:  # InputError and JsonTextError are such
            faults.append(f"{key}: {error}")
            return None
        except Exception as error:
            if is_absent(error):
                return None
            if not is_refused(error):
                raise
            faults.append(f"{key}: {refusal(error)}")
            return None
        with self._lock:
            self._kept[identity] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made
