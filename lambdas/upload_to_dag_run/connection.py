"""The Airflow that the function's environment names.

| variable | meaning |
|---|---|
| ``MWAA_ENVIRONMENT`` | name of an Amazon MWAA environment; or |
| ``AIRFLOW_URL`` | address of any Airflow's API server, with |
| ``AIRFLOW_SECRET`` | the Secrets Manager secret of its credentials; or |
| ``AIRFLOW_USERNAME``, ``AIRFLOW_PASSWORD`` | the credentials, on a person's own machine |
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from emmaa_cycle.errors import InputError
from lambdas.upload_to_dag_run.airflow_api import AirflowApi
from lambdas.upload_to_dag_run.credentials import Credentials
from lambdas.upload_to_dag_run.mwaa import MwaaApi
from lambdas.upload_to_dag_run.rest import RestApi


@functools.cache
def airflow_api() -> AirflowApi:
    """Return the Airflow to start runs in; clients and token live as long as the container.

    :raises InputError: naming the variable that is missing or wrong.
    """
    environment, url = os.environ.get("MWAA_ENVIRONMENT"), os.environ.get("AIRFLOW_URL")
    if environment and url:
        raise InputError("MWAA_ENVIRONMENT and AIRFLOW_URL are both set: remove one of them")
    if environment:
        return MwaaApi(environment)
    if url:
        return RestApi(_checked(url), _credentials())
    raise InputError(
        "set MWAA_ENVIRONMENT to the name of an Amazon MWAA environment,"
        " or AIRFLOW_URL to the address of an Airflow API server"
    )


def _credentials() -> Callable[[], Credentials]:
    if secret := os.environ.get("AIRFLOW_SECRET"):
        return functools.partial(Credentials.of_secret, secret)
    username, password = os.environ.get("AIRFLOW_USERNAME"), os.environ.get("AIRFLOW_PASSWORD")
    if not username or not password:
        raise InputError(
            "AIRFLOW_URL is set without credentials: set AIRFLOW_SECRET to the name of a"
            " Secrets Manager secret, or both AIRFLOW_USERNAME and AIRFLOW_PASSWORD"
        )
    return functools.partial(Credentials, username, password)


def _checked(url: str) -> str:
    if "@" in url:
        raise InputError("AIRFLOW_URL holds a user name or password: use AIRFLOW_SECRET for them")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise InputError(f"AIRFLOW_URL {url!r} is not of the form https://host[:port][/path]")
    return url
