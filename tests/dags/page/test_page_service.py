"""The page's service is connected to the deployment's bucket and queues."""

from __future__ import annotations

import boto3

from emmaa_airflow.page.service import page_service
from emmaa_cycle.resources import JOB_QUEUES


def test_the_page_knows_the_states_of_the_deployment_s_jobs(aws: str) -> None:
    submitted = boto3.client("batch").submit_job(
        jobName="a_job",
        jobQueue=JOB_QUEUES[0].name,
        jobDefinition="emmaa_jobdef",
        containerOverrides={"command": ["true"]},
    )
    # Not the cached service, which would keep this test's bucket.
    states = page_service.__wrapped__().jobs.states([submitted["jobId"]])
    assert [*states] == [submitted["jobId"]]
