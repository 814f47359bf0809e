"""Made-up models in a bucket, and the report on them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

import check_bucket
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.bucket_check.findings import NeedsAttentionError

OLD, NEW = "2020-03-01-00-00-00", "2020-04-01-17-00-10"


def add_model(bucket: Bucket, model: str, *states: str, **config: Any) -> None:
    """Add a model that by default reads nothing and has no tests."""
    document = {
        "search_terms": [],
        "human_readable_name": model,
        "description": "A model",
        "assembly": [],
        "reading": {"reader": None},
        "test": {"mc_types": ["signed_graph"], "test_corpus": []},
        **config,
    }
    bucket.write_json(config_key(model), document)
    for state in states:
        key = f"models/{model}/model_{state}"
        if state.endswith(".json.gz"):
            bucket.write_json(key, [])
        else:
            add_object(bucket, key)


def add_object(bucket: Bucket, key: str) -> None:
    bucket.write_bytes(key, b"any", "application/octet-stream")


def report_of(
    capsys: pytest.CaptureFixture[str], *flags: str, harmless: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the models in the output of ``--json``, whatever the exit code.

    :param harmless: whether findings are kept that do not keep a model from running
    """
    with suppress(NeedsAttentionError):
        check_bucket.main(["emmaa", "--json", *flags])
    document = json.loads(capsys.readouterr().out)
    for model in document["models"] if not harmless else ():
        found = model["findings"]
        model["findings"] = [each for each in found if each["cause"] not in ("display", "note")]
    return {model["model"]: model for model in document["models"]}
