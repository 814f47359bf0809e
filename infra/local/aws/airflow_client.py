"""The local Airflow's REST API, for calls through the embedded AWS."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.aws.options import AirflowAccess

_SECONDS = 30.0
_DETAIL_CHARACTERS = 2000


class AirflowDownError(ConnectionError):
    """No answer came from Airflow."""


class AirflowLoginError(PermissionError):
    """Airflow gave no token for the credentials."""


@dataclass(frozen=True)
class AirflowAnswer:
    """An answer of Airflow.

    :param status: the HTTP status
    :param body: the JSON document; text as ``{"detail": …}``
    """

    status: int
    body: Any


class AirflowClient:
    """Calls Airflow with a token that is kept until Airflow takes it no more."""

    def __init__(self, access: AirflowAccess) -> None:
        self._access = access
        self._base = access.url.rstrip("/")
        # Airflow may be restarted between two calls, so no connection is kept.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(timeout=_SECONDS, trust_env=False, limits=limits)
        self._lock = threading.Lock()
        self._token: str | None = None

    def call(self, method: str, path: str, query: dict[str, Any], body: Any) -> AirflowAnswer:
        """Call the REST API.

        :param path: what follows ``/api/v2``
        :raises AirflowDownError: if no answer comes.
        :raises AirflowLoginError: if there is no token for the credentials.
        """
        answer = self._call(method, path, query, body, self._valid_token())
        if answer.status == httpx.codes.UNAUTHORIZED:
            answer = self._call(method, path, query, body, self._new_token())
        return answer

    def _call(
        self, method: str, path: str, query: dict[str, Any], body: Any, token: str
    ) -> AirflowAnswer:
        headers = {"authorization": f"Bearer {token}"}
        return self._send(method, f"/api/v2{path}", params=query, json=body, headers=headers)

    def _valid_token(self) -> str:
        with self._lock:
            if self._token is not None:
                return self._token
        return self._new_token()

    def _new_token(self) -> str:
        credentials = {"username": self._access.username, "password": self._access.password}
        answer = self._send("POST", "/auth/token", json=credentials)
        if httpx.codes.is_server_error(answer.status):
            raise AirflowDownError(f"{self._base}/auth/token: HTTP {answer.status}")
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if not isinstance(token, str):
            raise AirflowLoginError(
                f"{self._base}/auth/token gave no token to {self._access.username!r}:"
                f" HTTP {answer.status}"
            )
        with self._lock:
            self._token = token
        return token

    def _send(self, method: str, path: str, **options: Any) -> AirflowAnswer:
        url = self._base + path
        try:
            response = self._http.request(method, url, **options)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise AirflowDownError(f"no answer from {url}: {error}") from error
        return AirflowAnswer(response.status_code, _document(response))


def _document(response: httpx.Response) -> Any:
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError:
        return {"detail": response.text[:_DETAIL_CHARACTERS]}
