"""The keys of an X account in the parameter store."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.x_credentials import Credentials
from tests.jobs.notifications.fake_x import TOKENS

REGION = "eu-west-1"


def put(**values: str) -> None:
    store = boto3.client("ssm", region_name=REGION)
    for name, value in values.items():
        store.put_parameter(Name=f"/twitter/ras/{name}", Value=value, Type="SecureString")


@mock_aws
def test_keys_are_read_decrypted() -> None:
    put(app_id="7", **{**TOKENS, "access_token": " access\n"})
    assert Credentials.of_account("ras", REGION) == Credentials(**TOKENS)


@mock_aws
def test_missing_parameters_are_named() -> None:
    put(consumer_token="c", access_token="a", access_secret=" ")
    message = (
        "no tweets: the parameter store (eu-west-1) has no /twitter/ras/consumer_secret,"
        " /twitter/ras/access_secret."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        Credentials.of_account("ras", REGION)


@mock_aws
def test_account_that_is_no_parameter_name() -> None:
    with pytest.raises(InputError, match="/twitter/"):
        Credentials.of_account("covid 19", REGION)


@pytest.mark.parametrize(
    ("fault", "meaning", "message"),
    [
        ("AccessDeniedException", InputError, "ssm:GetParameters"),
        ("ThrottlingException", SourceUnavailableError, "answered ThrottlingException"),
        (None, SourceUnavailableError, "cannot be reached"),
    ],
)
def test_store_that_does_not_answer(
    fault: str | None,
    meaning: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Store:
        def get_parameters(self, **_request: Any) -> None:
            if fault is None:
                raise EndpointConnectionError(endpoint_url="https://ssm")
            raise ClientError({"Error": {"Code": fault, "Message": "no"}}, "GetParameters")

    monkeypatch.setattr(boto3, "client", lambda *_args, **_options: Store())
    with pytest.raises(meaning, match=message):
        Credentials.of_account("ras", REGION)
