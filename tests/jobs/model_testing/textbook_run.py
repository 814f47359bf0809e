"""The tests job on the textbook corpus of a Ras model, and what it wrote."""

from __future__ import annotations

import json
from typing import Any

from indra.statements import Activation, Inhibition

from emmaa_jobs.bucket import Bucket
from run_model_tests_from_s3 import main
from tests.jobs.known_biology import agent
from tests.jobs.model_testing.rounds import ROUND

RESULTS = f"results/rasmodel/results_textbook_tests_{ROUND}.json"
PATHS = f"paths/rasmodel/paths_textbook_tests_{ROUND}.jsonl"
LATEST_PATHS = "paths/rasmodel/textbook_tests_latest_paths.jsonl"

TRUE = Activation(agent("EGF"), agent("MAPK1"))
FALSE = Activation(agent("MAPK1"), agent("EGF"))
WRONG_SIGN = Inhibition(agent("EGF"), agent("MAPK1"))


def run(bucket: Bucket, *flags: str) -> list[dict[str, Any]]:
    """Run the job, which has to take ``ROUND``, and read its results."""
    main(["--model", "rasmodel", "--tests", "textbook_tests", *flags])
    results: list[dict[str, Any]] = bucket.read_json(RESULTS)
    return results


def verdicts(results: list[dict[str, Any]], mc_type: str) -> list[str]:
    """Return the result codes of a model type, in the order of the tests."""
    return [entry[mc_type]["result_json"]["result_code"] for entry in results[1:]]


def lines(bucket: Bucket, key: str) -> list[Any]:
    """Return the documents of a JSON Lines object."""
    return [json.loads(line) for line in bucket.read_bytes(key).decode().splitlines()]
