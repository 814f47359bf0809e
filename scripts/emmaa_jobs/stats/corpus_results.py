"""A corpus' test results in one round (docs/reference/objects.md#test-results)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import results_key, results_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.explanation.result_codes import NOT_HANDLED, RESULT_TEXT
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.statements.fields import StatementJson


@dataclass(frozen=True)
class CorpusResults:
    """One results file.

    :param corpus: the corpus
    :param date: the round's ``<dt>``
    :param header: the file's first element
    :param entries: the others, one for each applied test
    """

    corpus: str
    date: str
    header: Mapping[str, Any]
    entries: list[Mapping[str, Any]]

    @property
    def mc_types(self) -> list[str]:
        """The model types that were tested, in the report's order.

        :raises InputError: if the header does not list them.
        """
        types = self.header.get("mc_types")
        if types is None:
            return ["pysb"]  # the original's oldest results
        if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
            raise InputError(
                f"the results of {self.corpus} of {self.date}, field mc_types of the header: it is"
                f" {types!r:.80}, not a list of model types; run the round's tests again"
            )
        return list(dict.fromkeys(types))

    def path_counts(self, left_out: LeftOutList) -> dict[str, int]:
        """Return how many reported paths use each statement, by hash.

        :param left_out: gets the counts that are none
        """
        counts = self.header.get("path_stmt_counts") or {}
        if not isinstance(counts, dict):
            reason = f"path_stmt_counts is {counts!r:.80}, not an object"
            left_out.add("result", "path_stmt_counts", reason, self.corpus)
            return {}
        odd = [key for key, count in counts.items() if not isinstance(count, int)]
        for key in odd:
            reason = f"it is {counts[key]!r:.80}, not a number"
            left_out.add("result", f"path_stmt_counts of {key}", reason, self.corpus)
        return {key: count for key, count in counts.items() if key not in odd}

    def tests(self, left_out: LeftOutList) -> Iterator[tuple[StatementJson, dict[str, list[Any]]]]:
        """Yield each test's statement with its verdict by model type.

        A verdict is ``["Pass"|"Fail"|"n_a", path_json list | result text]``.

        A model type whose verdict is missing or odd is ``n_a`` in it alone.

        :param left_out: gets what cannot be read, by the elements' numbers
        :raises InputError: if the header does not list the model types.
        """
        types = self.mc_types
        for number, entry in enumerate(self.entries, start=1):
            name = f"element {number}"
            if not isinstance(entry, dict) or "test_json" not in entry:
                reason = "not a test result: it has no test_json"
                left_out.add("result", name, reason, self.corpus)
                continue
            verdicts, faults = _verdicts(entry, types)
            if faults and not verdicts:
                left_out.add("result", name, next(iter(faults.values())), self.corpus)
                continue
            for mc_type, reason in faults.items():
                left_out.add("result", f"{name}, {mc_type}", reason, self.corpus)
            unknown = ["n_a", RESULT_TEXT[NOT_HANDLED]]
            yield entry["test_json"], {each: verdicts.get(each, unknown) for each in types}

    @classmethod
    def read(
        cls, bucket: Bucket, model: str, corpus: str, date_str: str | None = None
    ) -> CorpusResults:
        """Read the results of one round; of the latest if no date is given.

        :raises MissingObjectError: if there are none.
        :raises InputError: if the object is no list that starts with a header.
        """
        if date_str is None:
            latest = bucket.latest(results_prefix(model, corpus), (".json",))
            if latest is None:
                raise MissingObjectError(
                    f"s3://{bucket.name}/{results_prefix(model, corpus)}… does not exist:"
                    f" run run_model_tests_from_s3.py --model {model} --tests {corpus} first"
                )
            date_str = latest.date
        key = results_key(model, corpus, date_str)
        document = bucket.read_json(key)
        where = f"s3://{bucket.name}/{key}"
        if not isinstance(document, list) or not document or not isinstance(document[0], dict):
            raise InputError(f"{where} holds no test results: a list is expected, its header first")
        return cls(corpus, date_str, document[0], document[1:])


def _verdicts(
    entry: Mapping[str, Any], types: list[str]
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return the verdicts that can be read, and why the others cannot, by model type."""
    verdicts: dict[str, list[Any]] = {}
    faults: dict[str, str] = {}
    for mc_type in types:
        try:
            verdicts[mc_type] = _verdict(entry[mc_type])
        except (AttributeError, KeyError, TypeError) as error:
            faults[mc_type] = f"not a test result: {type(error).__name__}: {error}"
    return verdicts, faults


def _verdict(result: Mapping[str, Any]) -> list[Any]:
    # A path may be found and still be too long to be reported: that is a pass, with a text.
    found = result["result_json"]
    explanation = result.get("path_json") or result.get("result_code") or found["result_code"]
    if found["path_found"]:
        return ["Pass", explanation]
    return ["n_a" if found["result_code"] == NOT_HANDLED else "Fail", explanation]
