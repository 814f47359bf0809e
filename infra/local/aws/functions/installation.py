"""Putting the functions that run into moto's place for them."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import MutableMapping
from typing import Any

from moto.awslambda.exceptions import LambdaClientError, UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.s3 import notifications

from infra.local.aws.functions.asynchronous import EventInvoker
from infra.local.aws.functions.invocation import FunctionHost, FunctionRunner, Invocation

logger = logging.getLogger(__name__)

_LOG_TAIL_BYTES = 4096


def install(host: FunctionHost, runner: FunctionRunner, events: EventInvoker) -> None:
    """Make moto's Lambda run functions, and S3 invoke them asynchronously."""

    def invoke(
        self: LambdaFunction,
        body: str | bytes | None,
        request_headers: Any,
        response_headers: MutableMapping[str, str],
    ) -> bytes:
        event = _checked(body)
        kind = _header(request_headers, "x-amz-invocation-type") or "RequestResponse"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            events.submit(self, event)
            return b""
        result = runner.invoke(self, event, str(uuid.uuid4()))
        if result.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-log-result"] = _log_tail(host, self, result)
        return result.payload.encode()

    def deliver(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        try:
            function = lambda_backends[account_id][region_name].get_function(fn_arn)
        except UnknownFunctionException:
            logger.error("S3 notifies %s, which does not exist", fn_arn)
            return
        events.submit(function, json.dumps(event_body))

    LambdaFunction.invoke = invoke  # type: ignore[method-assign]
    notifications._invoke_awslambda = deliver


def _checked(body: str | bytes | None) -> str:
    text = body.decode() if isinstance(body, bytes) else body or "{}"
    try:
        json.loads(text)
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error
    return text


def _header(headers: Any, name: str) -> str | None:
    found = (value for key, value in dict(headers).items() if key.lower() == name)
    return next(found, None)


def _log_tail(host: FunctionHost, function: LambdaFunction, result: Invocation) -> str:
    stream = host.logs(function.region).groups[result.log_group].streams[result.log_stream]
    text = "\n".join(event.message for event in stream.events)
    return base64.b64encode(text.encode()[-_LOG_TAIL_BYTES:]).decode()
