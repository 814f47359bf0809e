"""Lambda functions run from their zip: results, errors, logs, limits and retries."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.aws_driver import Server, create_function, package, server_log, wait_for

ECHO = """
import logging, os
logging.getLogger().setLevel(logging.INFO)
def handler(event, context):
    print("printed")
    logging.info("logged")
    return {
        "event": event,
        "environment": dict(os.environ),
        "request_id": context.aws_request_id,
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "remaining": context.get_remaining_time_in_millis(),
        "folder": os.getcwd(),
    }
"""


def invoke(server: Server, name: str, event: Any = None, **options: Any) -> Any:
    answer = server.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event).encode(), **options
    )
    return answer, json.loads(answer["Payload"].read() or b"null")


def failure(server: Server, name: str) -> dict[str, Any]:
    answer, payload = invoke(server, name, {})
    assert answer["FunctionError"] == "Unhandled"
    return dict(payload)


def log_lines(server: Server, name: str) -> list[str]:
    events = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def test_function_gets_event_context_and_environment(server: Server) -> None:
    arn = create_function(server, "echo", ECHO, Environment={"Variables": {"MINE": "1"}})
    answer, result = invoke(server, "echo", {"a": ["ü", 1]})

    assert "FunctionError" not in answer
    assert result["event"] == {"a": ["ü", 1]}
    assert (result["name"], result["arn"]) == ("echo", arn)
    assert 0 < result["remaining"] <= 30_000
    environment = result["environment"]
    assert environment["MINE"] == "1"
    assert environment["AWS_ENDPOINT_URL"] == server.url
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert environment["LAMBDA_TASK_ROOT"] == result["folder"]
    assert "SERVERS_OWN" not in environment
    assert not any(name.startswith(("EMMAA_LOCAL", "_LOCAL")) for name in environment)


def test_log_is_kept_and_its_tail_returned(server: Server) -> None:
    create_function(server, "logging", ECHO)
    answer, result = invoke(server, "logging", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()

    assert tail[0].startswith(f"START RequestId: {result['request_id']}")
    assert tail[1] == "printed"
    assert tail[2].startswith("[INFO]\t")
    assert tail[2].endswith(f"\t{result['request_id']}\tlogged")
    assert tail[-1].startswith(f"REPORT RequestId: {result['request_id']} Duration: ")
    assert log_lines(server, "logging") == tail


def test_error_of_the_handler_is_described(server: Server) -> None:
    create_function(server, "raising", "def handler(e, c): raise KeyError('what is missing')")
    payload = failure(server, "raising")

    assert payload["errorType"] == "KeyError"
    assert "what is missing" in payload["errorMessage"]
    assert any("in handler" in line for line in payload["stackTrace"])
    assert any("KeyError" in line for line in log_lines(server, "raising"))


@pytest.mark.parametrize(
    ("name", "code", "kind", "message"),
    [
        ("not-json", "def handler(e, c): return {1, 2}", "TypeError", "not JSON serializable"),
        ("no-import", "import no_such_module", "ModuleNotFoundError", "no_such_module"),
        ("no-handler", "", "AttributeError", "handler"),
        ("exiting", "import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "status 3"),
        (
            "killed",
            "import os\ndef handler(e, c): os.kill(os.getpid(), 9)",
            "Runtime.ExitError",
            "status 137",
        ),
    ],
)
def test_failures(server: Server, name: str, code: str, kind: str, message: str) -> None:
    create_function(server, name, code)
    payload = failure(server, name)

    assert payload["errorType"] == kind
    assert message in payload["errorMessage"]


def test_timeout_ends_the_function(server: Server) -> None:
    code = "import time\ndef handler(e, c): time.sleep(300)"
    create_function(server, "slow", code, Timeout=1)
    payload = failure(server, "slow")

    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 s" in payload["errorMessage"]


def test_package_that_is_no_zip(server: Server) -> None:
    create_function(server, "no-zip", "", Code={"ZipFile": b"no zip"})

    assert "not a zip file" in failure(server, "no-zip")["errorMessage"]


@pytest.mark.parametrize("module", ["emmaa_cycle", "infra", "pydantic", "moto"])
def test_function_imports_nothing_but_its_zip_and_the_runtime(server: Server, module: str) -> None:
    create_function(server, f"imports-{module}", f"import boto3, {module}")

    assert failure(server, f"imports-{module}")["errorType"] == "ModuleNotFoundError"


def test_new_code_is_what_runs(server: Server) -> None:
    create_function(server, "changing", "def handler(e, c): return 1")
    assert invoke(server, "changing")[1] == 1
    server.client("lambda").update_function_code(
        FunctionName="changing",
        ZipFile=package({"function.py": "def handler(e, c): return 2"}),
    )

    assert invoke(server, "changing")[1] == 2


def test_event_that_is_not_json_is_refused(server: Server) -> None:
    create_function(server, "strict", "def handler(e, c): return e")
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        server.client("lambda").invoke(FunctionName="strict", Payload=b"{")


def test_flood_of_a_function_is_cut(server: Server) -> None:
    code = "def handler(e, c):\n for n in range(200_000): print(f'{n:049d}')"
    create_function(server, "flooding", code)

    answer, _ = invoke(server, "flooding", {}, LogType="Tail")
    assert "FunctionError" not in answer
    assert f"{199_999:049d}" in base64.b64decode(answer["LogResult"]).decode()


COUNTING = """
import uuid
import boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="emmaa", Key=event["prefix"] + str(uuid.uuid4()),
                  Body=context.aws_request_id.encode())
    tries = s3.list_objects_v2(Bucket="emmaa", Prefix=event["prefix"])["KeyCount"]
    if tries < event["succeed_at"]:
        raise RuntimeError(f"try {tries}")
"""


def tries(server: Server, prefix: str) -> list[str]:
    """Return the request ids of the tries."""
    s3 = server.client("s3")
    keys = s3.list_objects_v2(Bucket="emmaa", Prefix=prefix).get("Contents", [])
    bodies = [s3.get_object(Bucket="emmaa", Key=key["Key"])["Body"] for key in keys]
    return [body.read().decode() for body in bodies]


def submit_event(server: Server, name: str, succeed_at: int) -> str:
    prefix = f"tries/{name}/"
    answer, _ = invoke(
        server, name, {"prefix": prefix, "succeed_at": succeed_at}, InvocationType="Event"
    )
    assert answer["StatusCode"] == 202
    return prefix


def test_asynchronous_event_is_tried_until_it_succeeds(server: Server) -> None:
    create_function(server, "second-time", COUNTING)
    prefix = submit_event(server, "second-time", succeed_at=2)
    wait_for("success", lambda: "Function second-time: " in done_lines(server))
    found = tries(server, prefix)

    assert len(found) == 2
    assert len(set(found)) == 1


def test_asynchronous_event_is_given_up_after_three_tries(server: Server) -> None:
    create_function(server, "never", COUNTING)
    prefix = submit_event(server, "never", succeed_at=99)
    wait_for("the end", lambda: given_up(server, "never"))

    assert len(tries(server, prefix)) == 3


def test_function_s_own_number_of_retries_holds(server: Server) -> None:
    create_function(server, "once", COUNTING)
    server.client("lambda").put_function_event_invoke_config(
        FunctionName="once", MaximumRetryAttempts=0
    )
    prefix = submit_event(server, "once", succeed_at=99)
    wait_for("the end", lambda: given_up(server, "once"))

    assert len(tries(server, prefix)) == 1


def test_asynchronous_event_is_taken_at_once(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = f"""
import pathlib, time
def handler(event, context):
    while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.02)
"""
    create_function(server, "waiting", code)
    started = time.monotonic()
    invoke(server, "waiting", {}, InvocationType="Event")
    taken = time.monotonic() - started
    gate.touch()
    wait_for("the end", lambda: "Function waiting: " in done_lines(server))

    assert taken < 30  # the function's timeout: it did not end before the gate was open


def done_lines(server: Server) -> str:
    return "\n".join(line for line in server_log(server).splitlines() if line.endswith(" done"))


def given_up(server: Server, name: str) -> bool:
    lines = server_log(server).splitlines()
    return any(f"Function {name}: " in line and "given up" in line for line in lines)
