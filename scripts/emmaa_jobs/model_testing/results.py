"""The results of one corpus in one round, in the original's form (docs/jobs.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emmaa_cycle.s3_layout import latest_paths_key, paths_key, paths_prefix, results_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.explanation.result_codes import RESULT_TEXT
from emmaa_jobs.json_encoding import encode_json_rows
from emmaa_jobs.left_out import LeftOutList

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.bucket import Bucket
    from emmaa_jobs.explanation import Explanation

TEST_TYPE = "StatementCheckingTest"


@dataclass(frozen=True)
class Checked:
    """The result of one test by one model type.

    :param result_json: INDRA's ``PathResult`` as jsonpickle writes it
    :param explanations: one for each reported path
    :param reason: why there is no verdict, or not each path; empty if nothing failed
    """

    result_json: dict[str, Any]
    explanations: list[Explanation]
    reason: str = ""

    @property
    def passed(self) -> bool:
        """True if the model explains the test."""
        return bool(self.result_json["path_found"])

    def to_json(self) -> dict[str, Any]:
        """Return the model type's entry."""
        entry = {
            "result_json": self.result_json,
            "path_json": [explanation.to_json() for explanation in self.explanations],
            "result_code": RESULT_TEXT[self.result_json["result_code"]],
        }
        return {**entry, "reason": self.reason} if self.reason else entry


@dataclass(frozen=True)
class TestRound:
    """One corpus' tests in one round.

    :param tests: the applied tests
    :param checked: by model type, in the config's order, its results of the tests
    :param left_out: tests and results that there are not, and why
    """

    __test__ = False  # not a pytest class

    model: str
    corpus: str
    date_str: str
    test_data: dict[str, str]
    tests: list[Statement]
    checked: dict[str, list[Checked]] = field(default_factory=dict)
    left_out: LeftOutList = field(default_factory=LeftOutList)

    @property
    def summary(self) -> str:
        """Tests applied, passed per model type, and the number of what was left out."""
        passed = [
            f"{mc_type} {sum(each.passed for each in checked)}"
            for mc_type, checked in self.checked.items()
        ]
        return (
            f"{self.model}, {self.corpus}, round {self.date_str}:"
            f" {len(self.tests)} tests applied; passed: {', '.join(passed)}"
            + (f"; {self.left_out.summary}" if self.left_out else "")
        )

    def to_json(self) -> Iterator[dict[str, Any]]:
        """Yield the elements of the results file: a header, then one entry per test."""
        yield self._header()
        yield from self._entries()

    def path_lines(self) -> Iterable[dict[str, Any]]:
        """Return the lines of the paths file, one per reported path."""
        for mc_type, checked in self.checked.items():
            for test, each in zip(self.tests, checked, strict=True):
                for explanation in each.explanations:
                    yield explanation.to_line(mc_type, test.get_hash())

    def save(self, bucket: Bucket) -> None:
        """Write what was left out, then paths, then results: a reader of results finds the rest.

        The latest paths are left alone if there is a newer round: an old one is tested again.
        """
        stage = f"{Stage.TESTS}_{self.corpus}"
        self.left_out.save(bucket, self.model, stage, self.date_str)
        lines = list(self.path_lines())
        bucket.write_json_lines(paths_key(self.model, self.corpus, self.date_str), lines)
        newest = bucket.latest(paths_prefix(self.model, self.corpus), (".jsonl",))
        if newest is None or newest.date <= self.date_str:
            bucket.write_json_lines(latest_paths_key(self.model, self.corpus), lines)
        content = encode_json_rows(self.to_json())
        bucket.write_encoded(results_key(self.model, self.corpus, self.date_str), content)

    def _header(self) -> dict[str, Any]:
        used: Counter[int] = Counter()
        for checked in self.checked.values():
            for each in checked:
                for explanation in each.explanations:
                    used.update(explanation.hashes)
        return {
            "model_name": self.model,
            "mc_types": list(self.checked),
            "path_stmt_counts": {str(key): count for key, count in used.items()},
            "date_str": self.date_str,
            "test_data": self.test_data,
        }

    def _entries(self) -> Iterable[dict[str, Any]]:
        for index, test in enumerate(self.tests):
            answers = {
                mc_type: checked[index].to_json() for mc_type, checked in self.checked.items()
            }
            yield {"test_type": TEST_TYPE, "test_json": test.to_json(), **answers}
