"""Credentials of an Airflow that does not run on MWAA."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import boto3
from botocore.config import Config

from emmaa_cycle.errors import InputError


@dataclass(frozen=True)
class Credentials:
    """A user of Airflow who may create runs of the DAGs that uploads start."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def of_secret(cls, name: str) -> Credentials:
        """Read credentials from AWS Secrets Manager.

        :param name: name or ARN of a secret of the form ``{"username": "…", "password": "…"}``
        :raises InputError: if the secret has another form; the message does not show its content.
        :raises botocore.exceptions.ClientError: if the secret cannot be read.
        """
        client = boto3.client("secretsmanager", config=Config(connect_timeout=5, read_timeout=10))
        secret = client.get_secret_value(SecretId=name)
        try:
            document = json.loads(secret["SecretString"])
            username, password = document["username"], document["password"]
        except (ValueError, KeyError, TypeError):
            username = password = None
        if not isinstance(username, str) or not isinstance(password, str):
            raise InputError(
                f"secret {name!r}, which AIRFLOW_SECRET names, is not JSON of the form"
                ' {"username": "…", "password": "…"}'
            )
        return cls(username, password)
