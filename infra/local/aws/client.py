"""Clients of an embedded AWS, whatever AWS and whatever proxy its user has set up."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.aws.runtime.environment import aws_environment

_UNSET = (None, None, None, None)
_NO_FILE = (None, None, "/dev/null", None)


def make_client(service: str, endpoint_url: str, region: str, config: Config | None = None) -> Any:
    """Return a boto3 client of an embedded AWS.

    It heeds neither the user's profile and files, which may name a profile that is not there, nor
    proxies, which would send what is meant for this machine elsewhere.

    :param config: more options of the client
    """
    variables = {"profile": _UNSET, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    session = boto3.Session(botocore_session=botocore.session.Session(session_vars=variables))
    credentials = aws_environment(endpoint_url, region)
    direct = Config(proxies={})
    return session.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        config=direct if config is None else config.merge(direct),
    )
