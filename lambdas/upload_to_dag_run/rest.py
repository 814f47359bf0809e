"""A client of Airflow's REST API at a URL, which keeps its token until Airflow refuses it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, Any

from lambdas.upload_to_dag_run.airflow_api import AirflowError, Answer
from lambdas.upload_to_dag_run.credentials import Credentials

TIMEOUT_SECONDS = 20.0
# 401: expired. 403: forbidden, or signed by a key from before Airflow was restarted.
_TOKEN_REFUSED = (401, 403)


class RestApi:
    """The REST API of one Airflow.

    :param url: the address of the API server, including the path if Airflow has a base path
    :param credentials: reads the credentials each time, because passwords may be rotated
    """

    def __init__(self, url: str, credentials: Callable[[], Credentials]) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._opener = urllib.request.build_opener(_NoRedirects())
        self._token: str | None = None

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Post with the current token, or with a new one if there is none or it is refused.

        :raises AirflowError: if there is no response, or no token.
        """
        if self._token is not None:
            answer = self._send(f"/api/v2{path}", body, self._token)
            if answer.status not in _TOKEN_REFUSED:
                return answer
        self._token = self._new_token()
        return self._send(f"/api/v2{path}", body, self._token)

    def _new_token(self) -> str:
        user = self._credentials()
        body = {"username": user.username, "password": user.password}
        answer = self._send("/auth/token", body)
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if answer.status // 100 != 2 or not isinstance(token, str):
            # Do not show the body: a validation error echoes the password.
            raise AirflowError(
                f"{self._url}/auth/token gave no token to {user.username!r}: HTTP {answer.status}"
            )
        return token

    def _send(self, path: str, body: dict[str, Any], token: str | None = None) -> Answer:
        url = self._url + path
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        # connection.py checks the scheme.
        request = urllib.request.Request(  # noqa: S310
            url, json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with self._open(request) as response:
                return _answer(response)
        except (OSError, http.client.HTTPException) as error:
            raise AirflowError(f"no answer from {url}: {error or type(error).__name__}") from error

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            return error  # a response too


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refusal of redirects: a redirected POST becomes a GET and looks like success."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def _answer(response: Any) -> Answer:
    content: bytes = response.read()
    if response.status // 100 == 3:
        where = response.headers.get("Location")
        return Answer(response.status, f"redirected to {where}: check AIRFLOW_URL")
    try:
        return Answer(response.status, json.loads(content))
    except ValueError:
        return Answer(response.status, content.decode("utf-8", "replace"))
