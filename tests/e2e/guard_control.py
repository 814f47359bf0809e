"""A positive control of the network guard: one process of each kind tries to leave this machine.

Without it, that nothing left the machine would also be found where nothing is guarded.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

from emmaa_cycle.resources import JOB_DEFINITIONS, JOB_QUEUES, UPLOAD_FUNCTION
from infra.local.report.cycle_progress import follow_run
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import wait_until

DAG_ID = "guard_control"
#: Nobody's, by RFC 5737.
ADDRESS = "192.0.2.1"
#: The port that a kind of process tries, by which its line is distinguished from the others'.
PORTS = {"Batch job": 1001, "Lambda function": 1002, "Airflow task": 1003}
_TRY = """
import socket
def handler(event=None, context=None):
    try:
        with socket.socket() as outgoing:
            outgoing.settimeout(5)
            outgoing.connect(({address!r}, {port}))
    except OSError as error:
        return repr(error)
    return "connected"
"""


def write_dags(folder: Path) -> Path:
    """Write a DAG folder that has the control's DAG beside the project's."""
    shutil.copytree(REPOSITORY / "dags", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).parent / "dags" / "guard_control.py", folder)
    return folder


def let_each_kind_try(stack: Stack) -> str:
    """Let them try, and return what the guard wrote; its log is empty afterwards."""
    _let_job_try(stack)
    _let_function_try(stack)
    conf = {"address": ADDRESS, "port": PORTS["Airflow task"]}
    run_id = stack.airflow.trigger(DAG_ID, conf, None)
    run = follow_run(stack.airflow, DAG_ID, run_id, lambda runs: None, watched=stack.processes)
    assert run.state == "success"
    written = stack.guard_log.read_text() if stack.guard_log.exists() else ""
    stack.guard_log.unlink(missing_ok=True)
    return written


def _let_job_try(stack: Stack) -> None:
    code = _TRY.format(address=ADDRESS, port=PORTS["Batch job"]) + "print(handler())"
    batch = stack.client("batch")
    job = batch.submit_job(
        jobName="guard-control",
        jobQueue=JOB_QUEUES[0].name,
        jobDefinition=JOB_DEFINITIONS[0].name,
        containerOverrides={"command": ["python", "-c", code]},
    )["jobId"]

    def ended() -> bool:
        (described,) = batch.describe_jobs(jobs=[job])["jobs"]
        assert described["status"] != "FAILED", described
        return bool(described["status"] == "SUCCEEDED")

    wait_until(ended, seconds=120, what="the control's job", watched=stack.processes)


def _let_function_try(stack: Stack) -> None:
    client = stack.client("lambda")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        code = _TRY.format(address=ADDRESS, port=PORTS["Lambda function"])
        archive.writestr("control.py", code)
    role = client.get_function(FunctionName=UPLOAD_FUNCTION)["Configuration"]["Role"]
    client.create_function(
        FunctionName=DAG_ID,
        Role=role,
        Handler="control.handler",
        Runtime="python3.12",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=60,
    )
    answer = client.invoke(FunctionName=DAG_ID, Payload=json.dumps({}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()
    client.delete_function(FunctionName=DAG_ID)
