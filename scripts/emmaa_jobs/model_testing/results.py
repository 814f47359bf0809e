"""The results of one corpus in one round, in the form of emmaa-facts, 3.4 and 3.5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emmaa_cycle.s3_layout import latest_paths_key, paths_key, paths_prefix, results_key
from emmaa_jobs.explanation.result_codes import RESULT_TEXT

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.bucket import Bucket
    from emmaa_jobs.explanation import Explanation

TEST_TYPE = "StatementCheckingTest"


@dataclass(frozen=True)
class Checked:
    """What one model type says to one test.

    :param result_json: INDRA's ``PathResult`` as jsonpickle writes it
    :param explanations: one for each reported path
    """

    result_json: dict[str, Any]
    explanations: list[Explanation]

    @property
    def passed(self) -> bool:
        """Whether the model explains the test."""
        return bool(self.result_json["path_found"])

    def to_json(self) -> dict[str, Any]:
        """The entry of the model type."""
        return {
            "result_json": self.result_json,
            "path_json": [explanation.to_json() for explanation in self.explanations],
            "result_code": RESULT_TEXT[self.result_json["result_code"]],
        }


@dataclass(frozen=True)
class TestRound:
    """One corpus' tests in one round.

    :param tests: the applied tests
    :param checked: by model type, in the config's order, what it says to each of the tests
    """

    __test__ = False  # not a pytest class

    model: str
    corpus: str
    date_str: str
    test_data: dict[str, str]
    tests: list[Statement]
    checked: dict[str, list[Checked]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Tests applied, and passed per model type."""
        passed = [
            f"{mc_type} {sum(each.passed for each in checked)}"
            for mc_type, checked in self.checked.items()
        ]
        return (
            f"{self.model}, {self.corpus}, round {self.date_str}:"
            f" {len(self.tests)} tests applied; passed: {', '.join(passed)}"
        )

    def to_json(self) -> list[dict[str, Any]]:
        """The results file: a header, then one entry a test."""
        return [self._header(), *self._entries()]

    def path_lines(self) -> Iterable[dict[str, Any]]:
        """The paths file: one line a reported path."""
        for mc_type, checked in self.checked.items():
            for test, each in zip(self.tests, checked, strict=True):
                for explanation in each.explanations:
                    yield explanation.to_line(mc_type, test.get_hash())

    def save(self, bucket: Bucket) -> None:
        """Write paths, then results: who finds results finds their paths too.

        The latest paths are left alone if there is a newer round: an old one is tested again.
        """
        lines = list(self.path_lines())
        bucket.write_json_lines(paths_key(self.model, self.corpus, self.date_str), lines)
        newest = bucket.latest(paths_prefix(self.model, self.corpus), (".jsonl",))
        if newest is None or newest.date <= self.date_str:
            bucket.write_json_lines(latest_paths_key(self.model, self.corpus), lines)
        bucket.write_json(results_key(self.model, self.corpus, self.date_str), self.to_json())

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
