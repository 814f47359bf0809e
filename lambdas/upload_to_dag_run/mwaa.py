"""A client of Airflow's REST API on Amazon MWAA: InvokeRestApi needs only IAM credentials."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lambdas.upload_to_dag_run.airflow_api import Answer


class MwaaApi:
    """The REST API of one MWAA environment.

    :param environment: the environment's name
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._client = boto3.client("mwaa", config=_config())

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Post through InvokeRestApi, and return Airflow's refusals as responses too.

        :raises botocore.exceptions.BotoCoreError: if AWS is unreachable.
        :raises botocore.exceptions.ClientError: if AWS itself refuses the call.
        """
        try:
            answer = self._client.invoke_rest_api(
                Name=self._environment, Path=path, Method="POST", Body=body
            )
        except ClientError as error:
            status = error.response.get("RestApiStatusCode")
            if status is None:
                raise
            return Answer(status, error.response.get("RestApiResponse"))
        return Answer(answer["RestApiStatusCode"], answer.get("RestApiResponse"))


def _config() -> Config:
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    if "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_MWAA" in os.environ:
        # Otherwise botocore calls env.<host of the endpoint>.
        return config.merge(Config(inject_host_prefix=False))
    return config
