"""How Airflow's side reaches AWS."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.config import Config

#: Airflow's usual connection. Where it does not exist, boto3's own way to credentials is used:
#: the environment on a laptop, the execution role on MWAA.
AWS_CONN_ID = "aws_default"
_ADAPTIVE = {"mode": "adaptive", "max_attempts": 8}
#: :mod:`emmaa_airflow.patience` repeats calls to Batch.
_NEVER = {"total_max_attempts": 1}


def aws_client(service: str, region: str | None, conn_id: str | None = AWS_CONN_ID) -> Any:
    """A boto3 client with the connection's credentials.

    Throttled calls are repeated by botocore itself, at a rate that it adapts to the answers; but
    not those of Batch.
    """
    config = Config(retries=_NEVER if service == "batch" else _ADAPTIVE)
    hook = AwsBaseHook(aws_conn_id=conn_id, region_name=region, client_type=service, config=config)
    return hook.conn
