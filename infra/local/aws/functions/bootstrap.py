"""Runs a function's handler once: the Lambda runtime's part inside the subprocess.

Called as ``python bootstrap.py <code folder> <packages folder> <handler> <result file>``, the
event on standard input. A separate script, because the function must see nothing of this
project but what is in its zip.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import sysconfig
import time
import traceback
from pathlib import Path
from typing import Any


class LambdaContext:
    """The second argument of a handler, as the documents of Lambda describe it."""

    def __init__(self) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = os.environ.pop("_LOCAL_FUNCTION_ARN")
        self.aws_request_id = os.environ.pop("_LOCAL_REQUEST_ID")
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + float(os.environ.pop("_LOCAL_TIMEOUT"))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main(code: str, packages: str, handler: str, result: str) -> None:
    """Run the handler and write ``{"error": …, "payload": …}`` to the result file."""
    context = LambdaContext()
    _see_only(code, packages)
    _set_up_logging(context.aws_request_id)
    try:
        event = json.load(sys.stdin)
        answer = {"error": False, "payload": _call(handler, event, context)}
        text = json.dumps(answer)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its result
        print(f"[ERROR] {traceback.format_exc()}", flush=True)
        text = json.dumps({"error": True, "payload": _error(error, context)})
    # In one piece: a process that dies now leaves no half result.
    Path(result + ".new").write_text(text)
    os.replace(result + ".new", result)


def _see_only(code: str, packages: str) -> None:
    """Import from the zip, from what Lambda's runtime has, and from the standard library."""
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    kept = [
        entry for entry in sys.path if entry in standard or entry.endswith(("lib-dynload", ".zip"))
    ]
    sys.path[:] = [code, packages, *kept]
    os.environ.pop("PYTHONPATH", None)


def _set_up_logging(request_id: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    line = f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{request_id}\t%(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


def _call(handler: str, event: Any, context: LambdaContext) -> Any:
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module.replace("/", ".")), name)
    return function(event, context)


def _error(error: Exception, context: LambdaContext) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": context.aws_request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
