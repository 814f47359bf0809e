"""Clients of AWS have all that their connection says."""

from __future__ import annotations

import inspect
import json

import pytest
from botocore.config import Config

from emmaa_airflow.aws.client import aws_client, connected_client

CONNECTION = "AIRFLOW_CONN_AWS_DEFAULT"
EXTRA = {
    "region_name": "eu-central-1",
    "endpoint_url": "https://any.example",
    "service_config": {"s3": {"endpoint_url": "https://s3.example"}},
    "verify": "/etc/ca.pem",
}


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    document = {"conn_type": "aws", "login": "AKIAKEY", "password": "secret", "extra": EXTRA}
    monkeypatch.setenv(CONNECTION, json.dumps(document))


@pytest.mark.usefixtures("connection")
def test_a_client_is_its_connections() -> None:
    batch = connected_client("batch", None, Config(connect_timeout=3))
    s3 = connected_client("s3", "us-west-2", Config())

    assert batch.meta.region_name == "eu-central-1"
    assert batch.meta.endpoint_url == "https://any.example"
    assert batch.meta.config.connect_timeout == 3
    assert (s3.meta.region_name, s3.meta.endpoint_url) == ("us-west-2", "https://s3.example")
    assert s3._endpoint.http_session._verify == "/etc/ca.pem"
    assert s3._request_signer._credentials.access_key == "AKIAKEY"


@pytest.mark.usefixtures("connection")
def test_no_source_is_read_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(inspect, "findsource", lambda _: looked.append("source"))

    aws_client("s3", None)

    assert looked == []
