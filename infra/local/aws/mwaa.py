"""Amazon MWAA's InvokeRestApi, forwarded to a local Airflow."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from infra.local.aws.airflow_client import (
    AirflowAnswer,
    AirflowClient,
    AirflowDownError,
    AirflowLoginError,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

_PREFIX = "/restapi/"
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
_MAX_PATH = 64
_UNAVAILABLE = 503


class MwaaError(Exception):
    """An error of MWAA's own, as its API names it.

    :param fields: members of the error's document
    """

    def __init__(self, status: int, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.fields = fields


class MwaaApplication:
    """A WSGI application that serves one environment's InvokeRestApi.

    :param environment: the environment's name
    :param airflow: None if there is no Airflow to forward to
    """

    def __init__(self, environment: str, airflow: AirflowClient | None) -> None:
        self._environment = environment
        self._airflow = airflow

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            answer = self._invoke(Request(environ))
            response = _json_response(200, _result(answer))
        except MwaaError as error:
            response = _json_response(error.status, error.fields)
            response.headers["x-amzn-ErrorType"] = error.code
        return response(environ, start_response)

    def _invoke(self, request: Request) -> AirflowAnswer:
        if request.method != "POST" or not request.path.startswith(_PREFIX):
            raise MwaaError(
                404, "UnknownOperationException", message="of MWAA there is InvokeRestApi alone"
            )
        name = unquote(request.path.removeprefix(_PREFIX))
        if name != self._environment:
            raise MwaaError(
                404, "ResourceNotFoundException", message=f"No environment named {name!r} found"
            )
        call = _checked(request.get_data())
        answer = self._forward(call)
        logger.info("Airflow: %s %s: HTTP %d", call["Method"], call["Path"], answer.status)
        if answer.status >= 500:
            raise MwaaError(400, "RestApiServerException", **_result(answer))
        if answer.status >= 300:
            raise MwaaError(400, "RestApiClientException", **_result(answer))
        return answer

    def _forward(self, call: dict[str, Any]) -> AirflowAnswer:
        if self._airflow is None:
            return _unavailable("the embedded AWS was started without --airflow-url")
        query = call.get("QueryParameters") or {}
        try:
            return self._airflow.call(call["Method"], call["Path"], query, call.get("Body"))
        except AirflowDownError as error:
            return _unavailable(str(error))
        except AirflowLoginError as error:
            raise MwaaError(403, "AccessDeniedException", Message=str(error)) from error


def _checked(body: bytes) -> dict[str, Any]:
    try:
        call = json.loads(body)
    except ValueError as error:
        raise _invalid(f"the body is not JSON: {error}") from error
    if not isinstance(call, dict):
        raise _invalid("the body is no JSON object")
    path, method = call.get("Path"), call.get("Method")
    if not isinstance(path, str) or not path.startswith("/") or len(path) > _MAX_PATH:
        raise _invalid(
            f"Path {path!r} must start with a slash and have at most {_MAX_PATH} letters"
        )
    if method not in _METHODS:
        raise _invalid(f"Method {method!r} is none of {', '.join(_METHODS)}")
    return call


def _invalid(message: str) -> MwaaError:
    return MwaaError(400, "ValidationException", message=message)


def _unavailable(detail: str) -> AirflowAnswer:
    return AirflowAnswer(_UNAVAILABLE, {"status": _UNAVAILABLE, "detail": detail})


def _result(answer: AirflowAnswer) -> dict[str, Any]:
    return {"RestApiStatusCode": answer.status, "RestApiResponse": answer.body}


def _json_response(status: int, document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")
