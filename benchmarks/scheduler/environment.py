"""Access to the embedded AWS for the benchmarks' own processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from infra.local.aws.runtime.environment import aws_environment


@contextlib.contextmanager
def aws_at(url: str) -> Iterator[None]:
    """Have boto3 and Airflow's hooks use this endpoint."""
    wanted = {**aws_environment(url, "us-east-1"), "AIRFLOW_CONN_AWS_DEFAULT": "aws://"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
