"""A server with a state folder that is killed by SIGKILL has lost nothing that it confirmed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emmaa_cycle.resources import BUCKET, RETRY_STRATEGY
from infra.local.aws.mails import sent_mails
from infra.local.provisioning.provision import enable_uploads, provision
from infra.shared.function_package import build_function_package
from tests.integration.aws_driver import (
    Batch,
    Gate,
    Server,
    create_function,
    is_running,
    start_server,
    wait_for,
)

NAMES = {"jobQueue": "emmaa-models-update-test", "jobDefinition": "emmaa_jobdef"}
RAW_MAIL = b"From: a@example.org\nTo: b@example.org\nSubject: news\n\nbody\n"


def start(tmp_path: Path, name: str) -> Server:
    folder = tmp_path / name
    folder.mkdir()
    return start_server(folder, "--slots", "1", "--state-directory", str(tmp_path / "state"))


def fill(server: Server) -> None:
    provision(
        server.url,
        job_environment={"A": "1"},
        function_zip=build_function_package(),
        function_environment={},
    )
    enable_uploads(server.url)


def kill(server: Server) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(30)
    assert server.process.stdout is not None
    server.process.stdout.close()
    for client in server.clients.values():
        client.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    """Return a list whose servers are ended after the test."""
    found: list[Server] = []
    yield found
    for server in found:
        server.close()


@pytest.fixture
def killed_once(tmp_path: Path, servers: list[Server]) -> dict[str, Any]:
    """Return what was seen before a server was killed while a job ran and others waited."""
    first = start(tmp_path, "first")
    servers.append(first)
    fill(first)
    create_function(first, "own", "def handler(event, context): return 7")
    s3 = first.client("s3")
    for key in ("kept", "deleted", "a key/with ünicode+"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), Metadata={"m": "1"})
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    first.client("sesv2").send_email(Content={"Raw": {"Data": RAW_MAIL}}, FromEmailAddress=source())
    batch = Batch(first)
    done = batch.wait(batch.shell("echo a line", tags={"t": "1"}, **NAMES))
    gate = Gate(tmp_path / "gate")
    pid_file = tmp_path / "pid"
    running = batch.shell(
        f"echo $$ > {pid_file}; {gate.script}; test $AWS_BATCH_JOB_ATTEMPT = 2",
        retryStrategy={**RETRY_STRATEGY.to_request(), "attempts": 2},
        **NAMES,
    )
    wait_for("the job's start", lambda: pid_file.exists() and pid_file.read_text().strip())
    waiting = batch.shell("true", dependsOn=[{"jobId": running}], **NAMES)
    queued = batch.shell("exit 3", **NAMES)
    seen = {
        "objects": objects(first),
        "notifications": notifications(first),
        "definitions": definitions(first),
        "mails": sent_mails(first.url),
        "done": batch.job(done["jobId"]),
        "log": batch.output(done),
    }
    kill(first)
    pid = int(pid_file.read_text())
    assert is_running(pid), "a killed server leaves its jobs' processes"
    return seen | {"gate": gate, "pid": pid, "ids": (running, waiting, queued)}


def source() -> str:
    from emmaa_cycle.settings import load_settings

    return load_settings().mail.source


def objects(server: Server) -> list[tuple[Any, ...]]:
    s3 = server.client("s3")
    found = []
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        whole = s3.get_object(Bucket=BUCKET, Key=item["Key"])
        found.append((item["Key"], item["ETag"], whole["Metadata"], whole["Body"].read()))
    return found


def notifications(server: Server) -> Any:
    answer = server.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    return answer["LambdaFunctionConfigurations"]


def definitions(server: Server) -> Any:
    answer = server.client("batch").describe_job_definitions(status="ACTIVE")
    return answer["jobDefinitions"]


def test_nothing_that_was_confirmed_is_lost(
    tmp_path: Path, killed_once: dict[str, Any], servers: list[Server]
) -> None:
    second = start(tmp_path, "second")
    servers.append(second)
    assert objects(second) == killed_once["objects"]
    assert [key for key, *_ in objects(second)] == ["a key/with ünicode+", "kept"]
    assert notifications(second) == killed_once["notifications"]
    assert definitions(second) == killed_once["definitions"]
    assert sent_mails(second.url) == killed_once["mails"]
    assert len(sent_mails(second.url)) == 1
    answer = second.client("lambda").invoke(FunctionName="own")
    assert answer["Payload"].read() == b"7"

    batch = Batch(second)
    assert batch.job(killed_once["done"]["jobId"]) == killed_once["done"]
    assert batch.output(killed_once["done"]) == killed_once["log"] == ["a line"]

    running, waiting, queued = killed_once["ids"]
    wait_for("the end of what was left", lambda: not is_running(killed_once["pid"]))
    killed_once["gate"].open()
    job = batch.wait(running)
    assert job["status"] == "SUCCEEDED"
    assert [a.get("statusReason", "")[:8] for a in job["attempts"]] == ["Host EC2", "Essentia"]
    assert batch.wait(waiting)["status"] == "SUCCEEDED"
    assert batch.wait(queued)["container"]["exitCode"] == 3

    fill(second)
    assert definitions(second) == killed_once["definitions"], "nothing is registered anew"


def test_a_job_whose_retries_are_used_up_fails_with_its_host(
    tmp_path: Path, servers: list[Server]
) -> None:
    first = start(tmp_path, "first")
    servers.append(first)
    fill(first)
    batch = Batch(first)
    job_id = batch.shell("sleep 600", retryStrategy={"attempts": 1}, **NAMES)
    batch.wait(job_id, "RUNNING")
    kill(first)
    second = start(tmp_path, "second")
    servers.append(second)
    job = Batch(second).wait(job_id)
    assert (job["status"], job["statusReason"][:8]) == ("FAILED", "Host EC2")


def test_a_line_that_was_half_written_costs_only_itself(
    tmp_path: Path, servers: list[Server]
) -> None:
    first = start(tmp_path, "first")
    servers.append(first)
    first.client("s3").create_bucket(Bucket="kept")
    for key in ("one", "two"):
        first.client("s3").put_object(Bucket="kept", Key=key, Body=b"x")
    os.kill(first.process.pid, signal.SIGSTOP)
    changes = tmp_path / "state" / "changes.jsonl"
    if changes.exists():
        with changes.open("a") as output:
            output.write('{"bucket": "kept", "key": "thr')
    kill(first)
    second = start(tmp_path, "second")
    servers.append(second)
    s3 = second.client("s3")
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="kept")["Contents"]] == ["one", "two"]
    s3.put_object(Bucket="kept", Key="four", Body=b"x")
    kill(second)
    third = start(tmp_path, "third")
    servers.append(third)
    listed = third.client("s3").list_objects_v2(Bucket="kept")["Contents"]
    assert [o["Key"] for o in listed] == ["four", "one", "two"]
