"""The WSGI application: moto's services, MWAA, the outbox of SES, and pages for a browser."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from contextlib import nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.test import run_wsgi_app

from infra.local.aws import bucket_page, mail_pages, mails
from infra.local.aws.bucket_page import BucketPages
from infra.local.aws.foreign_pages import refusal
from infra.local.aws.mail_pages import MailPages
from infra.local.aws.mails import Outbox
from infra.local.aws.mwaa import MwaaApplication
from infra.local.aws.runtime.locks import service_lock
from infra.local.aws.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

# AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …
_SCOPE = re.compile(r"Credential=[^/,]*/[^/,]*/[^/,]*/(?P<service>[^/,]*)/")
_MWAA = "airflow"
# moto's own pages, by which anybody could empty the server; its dashboard starts at /moto-api too.
_MOTO_PAGES = "/moto-api"
# An invoked function calls other services, and maybe its own; a long poll of a queue waits for what
# another request sends.
_UNLOCKED = frozenset({"lambda", "sqs"})


class Application:
    """All that the server serves.

    :param outbox: the mails that SES accepted
    :param shown_mails: the pages that show them
    :param state: what outlives the server; None if nothing does
    """

    def __init__(
        self,
        mwaa: MwaaApplication,
        outbox: Outbox,
        shown_mails: MailPages,
        state: State | None = None,
    ) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self._state = state
        self._mwaa = mwaa
        self._outbox = outbox
        self._bucket_pages, self._mail_pages = BucketPages(), shown_mails

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        page = self._page(path)
        if reason := refusal(environ, is_page=page is not None):
            return _error(HTTPStatus.FORBIDDEN, reason, start_response)
        if page is not None:
            return page(environ, start_response)
        if path.startswith(_MOTO_PAGES):
            return _error(HTTPStatus.NOT_FOUND, "moto's own pages are not served", start_response)
        service = signing_service(environ.get("HTTP_AUTHORIZATION", ""))
        if service == _MWAA:
            return self._mwaa(environ, start_response)
        body = _read_body(environ)
        lock: Any = nullcontext() if service in _UNLOCKED else service_lock(service)
        with lock:
            if self._state is None:
                return self.moto(environ, start_response)  # type: ignore[no-any-return]
            answer, status, headers = run_wsgi_app(self.moto, environ, buffered=True)
            if status.startswith("2"):
                self._state.note(service, environ, body)
        start_response(status, list(headers))
        return answer

    def _page(self, path: str) -> WSGIApplication | None:
        """Return what shows a page; None if the request is one to AWS."""
        if path == mails.PATH:
            return self._outbox
        if path.startswith(bucket_page.PATH):
            return self._bucket_pages
        is_mail = path == mail_pages.PATH or path.startswith(f"{mail_pages.PATH}/")
        return self._mail_pages if is_mail else None


def _error(status: HTTPStatus, reason: str, start_response: StartResponse) -> Iterable[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/plain")])
    return [reason.encode("ascii", "backslashreplace")]


def signing_service(authorization: str) -> str:
    """Return the service that a request is signed for; S3 takes unsigned ones."""
    match = _SCOPE.search(authorization)
    return match["service"].lower() if match else "s3"


class RequestHandler(MotoRequestHandler):
    """moto's request handler, which writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Keep what goes wrong."""
        logger.warning(message, *args)


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Read the body before the lock is taken, so that a slow sender blocks nobody."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
