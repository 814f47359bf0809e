"""Work that ``dag.test()`` repeats for each run or task, done once for all tests.

Nothing of it differs between the tests of one session: the DAG files, the forms' schemas, and the
source lines that the hook of the amazon provider reads to learn the name of its caller.
"""

from __future__ import annotations

import functools
import inspect
import json
from types import ModuleType
from typing import Any

import pytest


def repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    """Make repeated runs of DAGs quicker, with the same results."""
    _store_dags_once(patch)
    _check_schemas_once(patch)
    _read_no_source_lines(patch)


def _store_dags_once(patch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing import dagbag

    patch.setattr(dagbag, "BundleDagBag", functools.cache(dagbag.BundleDagBag))
    patch.setattr(dagbag, "sync_bag_to_db", functools.cache(dagbag.sync_bag_to_db))


def _check_schemas_once(patch: pytest.MonkeyPatch) -> None:
    from jsonschema import Draft202012Validator

    check = Draft202012Validator.check_schema
    valid: set[str] = set()

    def check_schema(schema: Any, **options: Any) -> None:
        text = json.dumps([schema, options], sort_keys=True, default=repr)
        if text not in valid:
            check(schema, **options)
            valid.add(text)

    patch.setattr(Draft202012Validator, "check_schema", check_schema)


def _read_no_source_lines(patch: pytest.MonkeyPatch) -> None:
    from airflow.providers.amazon.aws.hooks import base_aws

    quick = ModuleType("inspect")
    vars(quick).update(vars(inspect), stack=functools.partial(inspect.stack, context=0))
    patch.setattr(base_aws, "inspect", quick)
