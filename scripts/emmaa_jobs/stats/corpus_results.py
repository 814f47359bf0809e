"""A corpus' test results in one round (docs/reference/objects.md#test-results)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import results_key, results_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.stats.statement_json import StatementJson

_NOT_HANDLED = "STATEMENT_TYPE_NOT_HANDLED"


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
        """The model types that were tested, in the report's order."""
        return list(self.header.get("mc_types", ["pysb"]))

    def tests(self, left_out: LeftOutList) -> Iterator[tuple[StatementJson, dict[str, list[Any]]]]:
        """Yield each test's statement with its verdict by model type.

        A verdict is ``["Pass"|"Fail"|"n_a", path_json list | result text]``.

        :param left_out: gets the elements that lack what that needs, by their number
        """
        for number, entry in enumerate(self.entries, start=1):
            try:
                verdicts = {mc_type: _verdict(entry[mc_type]) for mc_type in self.mc_types}
                test = entry["test_json"]
            except (AttributeError, KeyError, TypeError) as error:
                reason = f"no test result: {type(error).__name__}: {error}"
                left_out.add("result", f"element {number}", reason, self.corpus)
            else:
                yield test, verdicts


def load_results(
    bucket: Bucket, model: str, corpus: str, date_str: str | None = None
) -> CorpusResults:
    """The results of one round, the latest if no date is given.

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
    return CorpusResults(corpus, date_str, document[0], document[1:])


def _verdict(result: Mapping[str, Any]) -> list[Any]:
    # A path may be found and still be too long to be reported: that is a pass, with a text.
    found = result["result_json"]
    explanation = result.get("path_json") or result.get("result_code") or found["result_code"]
    if found["path_found"]:
        return ["Pass", explanation]
    return ["n_a" if found["result_code"] == _NOT_HANDLED else "Fail", explanation]
