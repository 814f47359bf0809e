"""One invocation of a function: a subprocess, its result and its log."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.logs.models import LogsBackend

from infra.local.aws.functions.sandbox import Sandbox
from infra.local.aws.runtime.environment import aws_environment, basic_environment
from infra.local.aws.runtime.log_stream import LogStreamWriter
from infra.local.aws.runtime.output import OutputPump
from infra.local.aws.runtime.process_group import ProcessGroup, start_group

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass(frozen=True)
class Invocation:
    """The result of an invocation.

    :param payload: the handler's result, or a description of its error, as JSON
    :param failed: whether the function, not the caller, is at fault
    """

    payload: str
    failed: bool
    log_group: str
    log_stream: str


@dataclass(frozen=True)
class FunctionHost:
    """The stand-in for Lambda's machines.

    :param passed_variables: names of the server's variables that functions get
    :param logs: gives moto's logs backend of a region
    """

    sandbox: Sandbox
    endpoint_url: str
    passed_variables: tuple[str, ...]
    logs: Callable[[str], LogsBackend]


class FunctionRunner:
    """Runs functions and knows which are running, to end them all."""

    def __init__(self, host: FunctionHost) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._running: set[ProcessGroup] = set()
        self._closed = False

    def invoke(self, function: LambdaFunction, event: str, request_id: str) -> Invocation:
        """Run a function on an event, JSON, until it ends or its timeout is over."""
        run = _Run(self._host, function, request_id)
        return run.invoke(event, self._watch, self._running.discard)

    def close(self) -> None:
        """End all functions and start no more."""
        with self._lock:
            self._closed = True
            for group in list(self._running):
                group.kill()

    def _watch(self, group: ProcessGroup) -> None:
        with self._lock:
            self._running.add(group)
            if self._closed:
                group.kill()


class _Run:
    def __init__(self, host: FunctionHost, function: LambdaFunction, request_id: str) -> None:
        self._host = host
        self._function = function
        self._request_id = request_id
        self._timed_out = False
        today = datetime.now(UTC).strftime("%Y/%m/%d")
        self._stream = LogStreamWriter(
            lambda: host.logs(function.region),
            function.logs_group_name,
            f"{today}/[{function.version}]{uuid.uuid4().hex}",
        )

    def invoke(
        self,
        event: str,
        on_start: Callable[[ProcessGroup], None],
        on_end: Callable[[ProcessGroup], None],
    ) -> Invocation:
        self._stream.write_lines(
            f"START RequestId: {self._request_id} Version: {self._function.version}"
        )
        started = time.monotonic()
        with tempfile.TemporaryDirectory(dir=self._host.sandbox.results) as folder:
            result = Path(folder) / "result.json"
            pump = OutputPump(self._stream)
            try:
                group = self._start(event, result, pump.writing_end)
            except (OSError, zipfile.BadZipFile) as error:
                code, cause = 1, str(error)
            else:
                on_start(group)
                timeout = float(self._function.timeout)
                code = group.wait(timeout, lambda: self._time_out(group))
                cause = ""
                on_end(group)
            finally:
                pump.release()
                pump.finish()
            payload, failed = self._result(result, code, cause)
        self._report(time.monotonic() - started, payload if failed else "")
        return Invocation(payload, failed, self._stream.group, self._stream.name)

    def _start(self, event: str, result: Path, stdout: int) -> ProcessGroup:
        code = self._host.sandbox.code_folder(self._function.code_bytes)
        words = [code, self._host.sandbox.packages, self._function.handler, result]
        with tempfile.TemporaryFile() as stdin:
            stdin.write(event.encode())
            stdin.seek(0)
            return start_group(
                [sys.executable, str(BOOTSTRAP), *map(str, words)],
                environment=self._environment(code),
                directory=code,
                stdin=stdin.fileno(),
                stdout=stdout,
            )

    def _time_out(self, group: ProcessGroup) -> None:
        self._timed_out = group.kill()

    def _result(self, file: Path, code: int, cause: str) -> tuple[str, bool]:
        if not self._timed_out and file.exists():
            result = json.loads(file.read_text())
            return json.dumps(result["payload"]), bool(result["error"])
        if self._timed_out:
            kind, what = "Sandbox.Timedout", f"Task timed out after {self._function.timeout:.2f} s"
        else:
            what = f"Runtime exited with error: {cause or f'exit status {code}'}"
            kind = "Runtime.ExitError"
        message = f"RequestId: {self._request_id} Error: {what}"
        return json.dumps({"errorType": kind, "errorMessage": message}), True

    def _report(self, seconds: float, error: str) -> None:
        lines = [
            *([f"{self._request_id} failed: {error}"] if error else []),
            f"END RequestId: {self._request_id}",
            f"REPORT RequestId: {self._request_id} Duration: {seconds * 1000:.2f} ms",
        ]
        self._stream.write_lines("\n".join(lines))

    def _environment(self, code: Path) -> dict[str, str]:
        function = self._function
        facts: dict[str, Any] = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": function.memory_size,
            "AWS_LAMBDA_LOG_GROUP_NAME": self._stream.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._stream.name,
            "LAMBDA_TASK_ROOT": code,
            "_HANDLER": function.handler,
            "_LOCAL_FUNCTION_ARN": function.function_arn,
            "_LOCAL_REQUEST_ID": self._request_id,
            "_LOCAL_TIMEOUT": function.timeout,
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": self._host.sandbox.temporary,
        }
        return {
            **basic_environment(self._host.passed_variables),
            **function.environment_vars,
            **aws_environment(self._host.endpoint_url, function.region),
            **{name: str(value) for name, value in facts.items()},
        }
