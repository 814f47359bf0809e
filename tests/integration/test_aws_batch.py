"""Batch jobs: environment, ends, retries, timeouts, dependencies, stopping and listing."""

from __future__ import annotations

import itertools
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.aws.options import LEAST_TIMEOUT_SECONDS
from tests.integration.aws_driver import DEFINITION, QUEUE, Batch, Gate, wait_for

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
RETRY_ALL = {"attempts": 3}


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
    assert not any(name.startswith("EMMAA_LOCAL_AIRFLOW") for name in environment)


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


def test_arguments_are_passed_as_they_are(batch: Batch) -> None:
    arguments = ["two words", "$HOME", "*", "", "ü'\"", "-x"]
    job = batch.wait(batch.python("import sys, json; print(json.dumps(sys.argv[1:]))", *arguments))

    assert json.loads(batch.output(job)[0]) == arguments


def test_command_of_the_definition_is_the_default(batch: Batch) -> None:
    answer = batch.client.submit_job(jobName="d", jobQueue=QUEUE, jobDefinition=DEFINITION)
    job = batch.wait(answer["jobId"])

    assert batch.output(job) == ["the default command"]


def test_parameters_fill_the_command(batch: Batch) -> None:
    job = batch.run("echo", "Ref::model", parameters={"model": "rasmodel"})

    assert batch.output(job) == ["rasmodel"]


def test_a_parameter_fills_its_own_name_alone(batch: Batch) -> None:
    words = ("Ref::model", "Ref::model_manager", "--of=Ref::model", "Ref::other")
    job = batch.run("echo", *words, parameters={"model": "rasmodel"})

    assert batch.output(job) == ["rasmodel Ref::model_manager --of=rasmodel Ref::other"]


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


def test_exit_code_fails_the_job(batch: Batch) -> None:
    job = batch.wait(batch.shell("exit 7"))

    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 7
    assert job["statusReason"] == "Essential container in task exited"


@pytest.mark.parametrize(
    ("script", "exit_code"),
    [("kill -KILL $$", 137), ("kill -TERM $$", 143), ("kill -SEGV $$", 139)],
)
def test_signal_is_128_and_its_number(batch: Batch, script: str, exit_code: int) -> None:
    job = batch.wait(batch.shell(script))

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", exit_code)


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [("/no/such/program", 127), ("no-such-program", 127), ("/etc", 126), ("./plain.txt", 126)],
)
def test_command_that_cannot_start(batch: Batch, command: str, exit_code: int) -> None:
    (batch.server.folder / "plain.txt").write_text("no program")
    job = batch.run(command)

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"].startswith("CannotStartContainerError: ")
    assert command.removeprefix(".") in job["container"]["reason"]
    assert job["container"]["exitCode"] == exit_code
    assert len(job["attempts"]) == 1


def test_job_without_enough_memory_is_killed(batch: Batch) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "64"}]}
    code = "import time; block = bytearray(b'x' * 200_000_000); time.sleep(300)"
    job = batch.wait(batch.python(code, overrides=overrides))

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 137)
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert job["statusReason"] == "Essential container in task exited"


def test_memory_of_all_of_a_job_s_processes_counts(batch: Batch) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "150"}]}
    child = "python -c \"import time; block = bytearray(b'x' * 100_000_000); time.sleep(300)\""
    job = batch.wait(batch.shell(f"{child} & {child} & wait", overrides=overrides))

    assert job["container"]["reason"].startswith("OutOfMemoryError: ")


def test_jobs_stopped_at_any_moment_end(batch: Batch) -> None:
    jobs = [batch.submit("sleep", "300") for _ in range(20)]
    for job_id in jobs:
        batch.client.terminate_job(jobId=job_id, reason="enough")

    for job_id in jobs:
        job = batch.wait(job_id)
        assert (job["status"], job["statusReason"]) == ("FAILED", "enough")


def test_argument_with_a_zero_byte_cannot_start(batch: Batch) -> None:
    job = batch.run("echo", "a\0b")

    assert job["container"]["reason"].startswith("CannotStartContainerError: ")


def test_job_is_tried_as_often_as_submitted(batch: Batch) -> None:
    script = 'echo "attempt $AWS_BATCH_JOB_ATTEMPT"; test "$AWS_BATCH_JOB_ATTEMPT" = 3'
    job = batch.wait(batch.shell(script, retryStrategy=RETRY_ALL))

    assert job["status"] == "SUCCEEDED"
    assert [a["container"]["exitCode"] for a in job["attempts"]] == [1, 1, 0]
    assert len({a["container"]["logStreamName"] for a in job["attempts"]}) == 3
    assert batch.output(job) == ["attempt 3"]
    assert job["retryStrategy"]["attempts"] == 3


@pytest.mark.parametrize(
    ("rules", "attempts"),
    [
        ([{"onExitCode": "7", "action": "EXIT"}], 1),
        ([{"onExitCode": "7", "action": "RETRY"}, {"onExitCode": "*", "action": "EXIT"}], 3),
        ([{"onExitCode": "*", "action": "EXIT"}, {"onExitCode": "7", "action": "RETRY"}], 1),
        ([{"onExitCode": "8", "action": "EXIT"}], 3),
        ([{"onExitCode": "7", "onStatusReason": "Host EC2*", "action": "EXIT"}], 3),
        ([{"onStatusReason": "Essential*", "action": "exit"}], 1),
        ([{"onReason": "*", "action": "EXIT"}], 1),
    ],
)
def test_first_rule_that_matches_decides(
    batch: Batch, rules: list[dict[str, str]], attempts: int
) -> None:
    strategy = {"attempts": 3, "evaluateOnExit": rules}
    job = batch.wait(batch.shell("exit 7", retryStrategy=strategy))

    assert len(job["attempts"]) == attempts
    assert job["status"] == "FAILED"


def test_definition_s_retry_strategy_holds_unless_the_job_has_its_own(batch: Batch) -> None:
    definition = {"jobQueue": "emmaa-models-update-test", "jobDefinition": "emmaa_jobdef"}

    assert len(batch.wait(batch.shell("exit 1", **definition))["attempts"]) == 1
    own = batch.wait(batch.shell("exit 1", retryStrategy={"attempts": 2}, **definition))
    assert len(own["attempts"]) == 2


def test_attempts_beyond_batch_s_limit_are_refused(batch: Batch) -> None:
    with pytest.raises(ClientError, match="attempts must be 1 to 10"):
        batch.submit("true", retryStrategy={"attempts": 11})


def test_timeout_ends_the_job_and_is_not_retried(batch: Batch) -> None:
    job = batch.wait(
        batch.shell(
            "sleep 300 & wait", timeout={"attemptDurationSeconds": 1}, retryStrategy=RETRY_ALL
        )
    )

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 143
    assert len(job["attempts"]) == 1
    assert job["timeout"] == {"attemptDurationSeconds": 1}


def test_a_timeout_below_the_least_is_refused(batch: Batch) -> None:
    """The least is a second here, and Batch's own minute where nothing else is asked for."""
    with pytest.raises(ClientError, match="attemptDurationSeconds 0 must be 1 or more"):
        batch.submit("true", timeout={"attemptDurationSeconds": 0})
    with pytest.raises(ClientError, match="attemptDurationSeconds 0 must be 1 or more"):
        batch.client.register_job_definition(
            jobDefinitionName="too-short",
            type="container",
            timeout={"attemptDurationSeconds": 0},
            containerProperties={"image": "any"},
        )
    assert LEAST_TIMEOUT_SECONDS == 60


def test_timeout_kills_what_ignores_sigterm(batch: Batch) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    job = batch.wait(batch.python(code, timeout={"attemptDurationSeconds": 1}))

    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 137


def test_job_that_ends_well_on_sigterm_has_timed_out_all_the_same(batch: Batch) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"
    job = batch.wait(
        batch.python(f"{code}; time.sleep(300)", timeout={"attemptDurationSeconds": 1})
    )

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 0)


def test_definition_s_timeout_holds(batch: Batch) -> None:
    batch.client.register_job_definition(
        jobDefinitionName="short",
        type="container",
        timeout={"attemptDurationSeconds": 1},
        containerProperties={
            "image": "any",
            "resourceRequirements": [
                {"type": "MEMORY", "value": "100"},
                {"type": "VCPU", "value": "1"},
            ],
        },
    )
    job = batch.run("sleep", "300", jobDefinition="short")

    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_dependent_waits_for_all_it_depends_on(batch: Batch, gate: Gate) -> None:
    first, second = batch.shell(gate.script), batch.submit("true")
    depends_on = [{"jobId": job_id, "type": "SEQUENTIAL"} for job_id in (first, second)]
    dependent = batch.submit("true", dependsOn=depends_on)
    batch.wait(second)
    batch.wait(first, "RUNNING")

    assert batch.status(dependent) == "PENDING"
    gate.open()
    described = batch.wait(dependent)
    assert described["status"] == "SUCCEEDED"
    assert described["startedAt"] >= batch.job(first)["stoppedAt"]


def test_failed_dependency_fails_all_that_follow(batch: Batch, gate: Gate) -> None:
    first = batch.shell(f"{gate.script}; exit 1")
    second = batch.submit("true", dependsOn=[{"jobId": first}])
    third = batch.submit("true", dependsOn=[{"jobId": second}])
    gate.open()

    for job in (batch.wait(second), batch.wait(third)):
        assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
        assert job["attempts"] == []
    late = batch.wait(batch.submit("true", dependsOn=[{"jobId": first}]))
    assert late["status"] == "FAILED"


def test_finished_dependency_does_not_hold(batch: Batch) -> None:
    first = batch.run("true")["jobId"]

    assert batch.run("true", dependsOn=[{"jobId": first}])["status"] == "SUCCEEDED"


def test_unknown_dependency_is_refused(batch: Batch) -> None:
    with pytest.raises(ClientError, match="'nobody', which is not a job"):
        batch.submit("true", dependsOn=[{"jobId": "nobody"}])


def test_terminate_ends_a_running_job_and_its_children(batch: Batch, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    job_id = batch.shell(
        f"sleep 300 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait"
    )
    wait_for("the child", pid_file.exists)
    child = int(pid_file.read_text())
    batch.client.terminate_job(jobId=job_id, reason="a person's wish")
    job = batch.wait(job_id)

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "a person's wish"
    assert (job["isTerminated"], job["isCancelled"]) == (True, False)
    assert not is_running(child)


def test_terminated_job_is_not_retried(batch: Batch) -> None:
    job_id = batch.submit("sleep", "300", retryStrategy=RETRY_ALL)
    batch.wait(job_id, "RUNNING")
    batch.client.terminate_job(jobId=job_id, reason="enough")

    assert len(batch.wait(job_id)["attempts"]) == 1


def test_slots_bound_what_runs_and_the_queue_is_in_order(
    batch: Batch, gate: Gate, tmp_path: Path
) -> None:
    longer = Gate(tmp_path / "longer")
    running = [batch.shell(gate.script), batch.shell(longer.script)]
    waiting = [batch.submit("true") for _ in range(3)]
    for job_id in running:
        batch.wait(job_id, "RUNNING")

    assert [batch.status(job_id) for job_id in waiting] == ["RUNNABLE"] * 3
    gate.open()  # one slot alone is free now, so the jobs run one after the other
    jobs = [batch.wait(running[0]), *(batch.wait(job_id) for job_id in waiting)]
    for earlier, later in itertools.pairwise(jobs):
        assert earlier["stoppedAt"] <= later["startedAt"]
    longer.open()
    batch.wait(running[1])


@pytest.mark.parametrize("how", ["terminate_job", "cancel_job"])
def test_queued_job_is_stopped_at_once(batch: Batch, gate: Gate, how: str) -> None:
    running = [batch.shell(gate.script) for _ in range(2)]
    queued = batch.submit("true")
    dependent = batch.submit("true", dependsOn=[{"jobId": queued}])
    getattr(batch.client, how)(jobId=queued, reason="not needed")

    job = batch.job(queued)
    assert (job["status"], job["statusReason"]) == ("FAILED", "not needed")
    assert job["isCancelled"] is (how == "cancel_job")
    assert job["isTerminated"] is (how == "terminate_job")
    assert job["attempts"] == []
    assert batch.status(dependent) == "FAILED"
    gate.open()
    assert {batch.wait(job_id)["status"] for job_id in running} == {"SUCCEEDED"}


def test_pending_job_is_stopped_at_once(batch: Batch, gate: Gate) -> None:
    first = batch.shell(gate.script)
    pending = batch.submit("true", dependsOn=[{"jobId": first}])
    batch.client.cancel_job(jobId=pending, reason="not needed")

    assert batch.status(pending) == "FAILED"
    gate.open()
    assert batch.wait(first)["status"] == "SUCCEEDED"


def test_cancel_leaves_a_running_job_alone(batch: Batch, gate: Gate) -> None:
    job_id = batch.shell(gate.script)
    batch.wait(job_id, "RUNNING")
    batch.client.cancel_job(jobId=job_id, reason="too late")
    gate.open()

    assert batch.wait(job_id)["status"] == "SUCCEEDED"


def test_terminating_a_finished_job_changes_nothing(batch: Batch) -> None:
    job = batch.run("true")
    batch.client.terminate_job(jobId=job["jobId"], reason="too late")

    assert batch.job(job["jobId"]) == job


def test_what_a_job_leaves_behind_is_ended(batch: Batch) -> None:
    job = batch.wait(batch.shell("sleep 300 & echo $!"))

    assert job["status"] == "SUCCEEDED"
    assert not is_running(int(batch.output(job)[0]))


def test_process_that_left_the_group_does_not_hold_the_job(batch: Batch) -> None:
    """It has the job's output open, too, so reading to its end would last as long as it does."""
    code = (
        "import subprocess; p = subprocess.Popen(['sleep', '300'], start_new_session=True);"
        "print(p.pid)"
    )
    job = batch.wait(batch.python(code))
    [pid] = batch.output(job)
    with suppress(ProcessLookupError):
        os.kill(int(pid), 9)

    assert job["status"] == "SUCCEEDED"


def test_jobs_start_soon(batch: Batch) -> None:
    waits = []
    for _ in range(5):
        job = batch.run("true")
        waits.append(job["startedAt"] - job["createdAt"])

    assert min(waits) <= 200


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


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"jobQueue": "nowhere"}, "Job queue 'nowhere' does not exist"),
        ({"jobDefinition": "nothing"}, "Job definition 'nothing' does not exist"),
        ({"arrayProperties": {"size": 2}}, "no array jobs"),
        ({"name": "a b"}, "jobName 'a b' must match"),
    ],
)
def test_wrong_requests_are_refused(batch: Batch, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        batch.submit("true", **request_)


def test_unknown_jobs_are_left_out(batch: Batch) -> None:
    known = batch.run("true")["jobId"]
    described = batch.client.describe_jobs(jobs=["nobody", known])["jobs"]

    assert [job["jobId"] for job in described] == [known]


def test_many_jobs_at_once(batch: Batch) -> None:
    jobs = [batch.submit("true", name=f"many-{number}") for number in range(40)]

    assert {batch.wait(job_id)["status"] for job_id in jobs} == {"SUCCEEDED"}


def is_running(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
