"""Work that Airflow repeats for each run, task or form, done once for all tests.

Nothing of it differs between the tests of one session: the DAG files, and the forms' schemas. The
name of its caller, for which the hook of the amazon provider reads source files, is only for AWS.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest


def repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    """Make repeated runs of DAGs quicker, with the same results."""
    _store_dags_once(patch)
    _look_for_no_caller(patch)


def _store_dags_once(patch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing import dagbag

    patch.setattr(dagbag, "BundleDagBag", functools.cache(dagbag.BundleDagBag))
    patch.setattr(dagbag, "sync_bag_to_db", functools.cache(dagbag.sync_bag_to_db))


def check_schemas_once(patch: pytest.MonkeyPatch) -> None:
    """Check each JSON schema of a param once, and not for each value."""
    from jsonschema import Draft202012Validator

    check = Draft202012Validator.check_schema
    valid: set[str] = set()

    def check_schema(schema: Any, **options: Any) -> None:
        text = json.dumps([schema, options], sort_keys=True, default=repr)
        if text not in valid:
            check(schema, **options)
            valid.add(text)

    patch.setattr(Draft202012Validator, "check_schema", check_schema)


def _look_for_no_caller(patch: pytest.MonkeyPatch) -> None:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    patch.setattr(AwsGenericHook, "_get_caller", lambda *_: "Unknown")
