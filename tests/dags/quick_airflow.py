"""Work that Airflow repeats for each run, task or form, done once for all tests.

Nothing of it differs between the tests of one session: the DAG files, the forms' schemas, types,
and sessions of AWS.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from typing import Any

import pytest


def repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    """Make repeated runs of DAGs quicker, with the same results."""
    _store_dags_once(patch)
    _serve_the_newest_api_alone(patch)
    _make_type_adapters_once(patch)


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


def _serve_the_newest_api_alone(patch: pytest.MonkeyPatch) -> None:
    """Make no routes for older versions of the execution API, which tasks here do not speak."""
    from cadwyn import applications
    from cadwyn.route_generation import GeneratedRouters

    def newest(router: Any, versions: Any, **_: Any) -> GeneratedRouters[Any, Any]:
        return GeneratedRouters({versions.versions[0].value: router}, {})

    patch.setattr(applications, "generate_versioned_routers", newest)


def make_sessions_once(patch: pytest.MonkeyPatch) -> None:
    """Make one session of boto3 for each thread, set of arguments, and set of AWS' variables."""
    from airflow.providers.amazon.aws.hooks.base_aws import BaseSessionFactory

    make = BaseSessionFactory._create_basic_session
    made: dict[str, Any] = {}

    def session(factory: Any, session_kwargs: dict[str, Any]) -> Any:
        variables = {k: v for k, v in os.environ.items() if k.startswith("AWS_")}
        key = repr((threading.get_ident(), sorted({**session_kwargs, **variables}.items())))
        if key not in made:
            made[key] = make(factory, session_kwargs)
        return made[key]

    patch.setattr(BaseSessionFactory, "_create_basic_session", session)


def _make_type_adapters_once(patch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.execution_time import task_runner
    from pydantic import TypeAdapter

    patch.setattr(task_runner, "TypeAdapter", functools.cache(TypeAdapter))
