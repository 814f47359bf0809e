"""Tests of a job's environment: variables, folder, and access to the embedded AWS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.aws_driver import QUEUE, Batch

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


def environment_of(batch: Batch, **options: Any) -> dict[str, str]:
    job = batch.wait(batch.python(PRINT_ENVIRONMENT, **options))
    return dict(json.loads(batch.output(job)[0]))


def test_environment_is_that_of_definition_overrides_and_batch(batch: Batch) -> None:
    overrides = {"environment": [{"name": "BOTH", "value": "override"}]}
    job_id = batch.python(PRINT_ENVIRONMENT, overrides=overrides)
    environment = json.loads(batch.output(batch.wait(job_id))[0])

    assert environment["DEFINED"] == "by the definition"
    assert environment["BOTH"] == "override"
    assert environment["AWS_BATCH_JOB_ID"] == job_id
    assert environment["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert environment["AWS_BATCH_JQ_NAME"] == QUEUE
    assert environment["AWS_DEFAULT_REGION"] == "us-east-1"


def test_server_s_own_environment_stays_with_the_server(batch: Batch) -> None:
    environment = environment_of(batch)

    assert "SERVERS_OWN" not in environment
    assert not any(name.startswith("LOCAL_AIRFLOW") for name in environment)
    assert environment["PASSED"] == "to jobs and functions"
    assert "NOT_SET" not in environment


def test_provisioned_environment_reaches_the_job(batch: Batch) -> None:
    environment = environment_of(batch, jobDefinition="emmaa_jobdef", jobQueue="emmaa-after-update")

    assert environment["FROM_PROVISION"] == "1"
    assert environment["AWS_BATCH_JQ_NAME"] == "emmaa-after-update"


def test_job_runs_the_jobs_python_in_the_jobs_directory(batch: Batch) -> None:
    code = "import os, sys; print(sys.executable); print(os.getcwd())"
    executable, folder = batch.output(batch.wait(batch.python(code)))

    assert folder == str(batch.server.folder)
    assert environment_of(batch)["PATH"].split(os.pathsep)[0] == str(Path(executable).parent)


def test_job_reaches_the_embedded_aws(batch: Batch) -> None:
    code = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"

    assert "'emmaa'" in batch.output(batch.wait(batch.python(code)))[0]


@pytest.mark.parametrize("nameless", [{"value": "1"}, {"name": "", "value": "1"}])
def test_variable_without_a_name_is_refused(batch: Batch, nameless: dict[str, str]) -> None:
    variables = [{"name": "NAMED", "value": "1"}, nameless]

    with pytest.raises(ClientError, match="environment: variable 1 has no name"):
        batch.submit("true", overrides={"environment": variables})
    with pytest.raises(ClientError, match="environment: variable 1 has no name"):
        batch.client.register_job_definition(
            jobDefinitionName="nameless",
            type="container",
            containerProperties={"image": "any", "environment": variables},
        )
    found = batch.client.describe_job_definitions(jobDefinitionName="nameless")
    assert found["jobDefinitions"] == []
