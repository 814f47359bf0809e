"""Tests of jobs in DescribeJobs and ListJobs."""

from __future__ import annotations

import time
from typing import Any

from tests.integration.aws_driver import DEFINITION, QUEUE, Batch, Gate


def test_success_is_described_as_batch_does(batch: Batch) -> None:
    before = time.time_ns() // 1_000_000
    job = batch.run("echo", "hello", tags={"model": "m"}, propagateTags=True)
    after = time.time_ns() // 1_000_000

    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    assert "reason" not in job["container"]
    assert job["statusReason"] == "Essential container in task exited"
    assert before <= job["createdAt"] <= job["startedAt"] <= job["stoppedAt"] <= after
    assert job["tags"] == {"model": "m"}
    assert job["propagateTags"] is True
    assert job["isTerminated"] is job["isCancelled"] is False
    assert job["container"]["logStreamName"].startswith(f"{DEFINITION}/default/")
    [attempt] = job["attempts"]
    assert attempt["container"]["exitCode"] == 0
    assert attempt["container"]["logStreamName"] == job["container"]["logStreamName"]
    assert attempt["startedAt"] == job["startedAt"]


def test_environment_in_the_description_is_the_merged_one(batch: Batch) -> None:
    overrides = {"environment": [{"name": "BOTH", "value": "override"}]}
    job_id = batch.submit("true", overrides=overrides)
    expected = {"DEFINED": "by the definition", "BOTH": "override"}

    for _ in range(2):  # describing adds nothing
        described = batch.wait(job_id)["container"]["environment"]
        assert {item["name"]: item["value"] for item in described} == expected
        assert len(described) == len(expected)


def test_resources_of_the_overrides_show(batch: Batch) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "2000"}]}
    requirements = batch.run("true", overrides=overrides)["container"]["resourceRequirements"]

    assert {r["type"]: r["value"] for r in requirements} == {"MEMORY": "2000", "VCPU": "1"}


def test_unknown_jobs_are_left_out(batch: Batch) -> None:
    known = batch.run("true")["jobId"]
    described = batch.client.describe_jobs(jobs=["nobody", known])["jobs"]

    assert [job["jobId"] for job in described] == [known]


def listed(batch: Batch, **request: Any) -> list[str]:
    pages = batch.client.get_paginator("list_jobs").paginate(jobQueue=QUEUE, **request)
    return [job["jobId"] for page in pages for job in page["jobSummaryList"]]


def by_name(name: str) -> dict[str, Any]:
    return {"filters": [{"name": "JOB_NAME", "values": [name]}]}


def test_list_by_name_finds_every_status(batch: Batch, gate: Gate) -> None:
    done = batch.run("true", name="Listed-one")["jobId"]
    failed = batch.run("false", name="listed-two")["jobId"]
    running = batch.shell(gate.script, name="listed-three")
    waiting = batch.submit("true", name="listed-four", dependsOn=[{"jobId": running}])
    batch.wait(running, "RUNNING")

    assert listed(batch, **by_name("listed-one")) == [done]
    assert listed(batch, **by_name("listed-*")) == [waiting, running, failed, done]
    assert listed(batch, **by_name("listed")) == []


def test_list_by_status(batch: Batch, gate: Gate) -> None:
    failed = batch.run("false")["jobId"]
    running = batch.shell(gate.script)
    batch.wait(running, "RUNNING")

    assert listed(batch) == [running]
    assert running in listed(batch, jobStatus="RUNNING")
    assert failed in listed(batch, jobStatus="FAILED")
    assert failed not in listed(batch, jobStatus="SUCCEEDED")


def test_list_in_pages(batch: Batch) -> None:
    jobs = [batch.submit("true", name="paged") for _ in range(7)]
    pages = batch.client.get_paginator("list_jobs").paginate(
        jobQueue=QUEUE, PaginationConfig={"PageSize": 3}, **by_name("paged")
    )

    found = [[job["jobId"] for job in page["jobSummaryList"]] for page in pages]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [job_id for page in found for job_id in page] == jobs[::-1]
    for job_id in jobs:
        batch.wait(job_id)


def test_list_is_of_one_queue(batch: Batch) -> None:
    batch.run("true", name="elsewhere", jobQueue="emmaa-after-update")

    assert listed(batch, **by_name("elsewhere")) == []
