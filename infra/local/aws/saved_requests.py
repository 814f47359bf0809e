"""Requests that configure the account, kept in a file and sent again at the next start.

S3's objects, Batch's jobs and SES's mails are kept as what they are. Everything else that outlives
the server (queues, job definitions, functions, roles, notifications) is the sum of the requests
that made it. moto answers them again as it did, since the names of what they make are in them.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from infra.local.aws.runtime.json_lines import whole_lines

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger(__name__)

_HEADERS = ("Authorization", "Content-Type", "Host", "X-Amz-Target")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
#: Operations that only read, or whose effect is kept elsewhere or not at all.
_PASSING = re.compile(
    r"Describe|Get|List|Simulate|Assume|Send|Publish|Receive|ChangeMessage|DeleteMessage|PutLog"
    r"|CreateLogStream|Invoke|Filter"
)
#: Settings of a bucket, by the first word of the request's query.
_BUCKET_SETTINGS = re.compile(
    r"(notification|versioning|policy|lifecycle|encryption|tagging|cors|publicAccessBlock"
    r"|ownershipControls|logging|acl)(?:=|&|$)"
)
_BATCH_JOBS = ("/v1/submitjob", "/v1/terminatejob", "/v1/canceljob", "/v1/tags/")


def configures(service: str, environ: WSGIEnvironment, body: bytes) -> bool:
    """Return whether a request changes what the account is set up with.

    :param service: the service that it is signed for
    """
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if method in ("GET", "HEAD"):
        return False
    if service == "s3":
        is_bucket = "/" not in path.strip("/")
        return is_bucket and bool(_BUCKET_SETTINGS.match(environ.get("QUERY_STRING", "")))
    if service == "batch":
        return not path.startswith((*_BATCH_JOBS, "/v1/describe", "/v1/list"))
    if service == "lambda":
        return not path.endswith(("/invocations", "/invoke-async/"))
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return not _PASSING.match(target.rpartition(".")[2])
    if action := _ACTION.search(body):
        return not _PASSING.match(action[1].decode())
    return not path.endswith(("/outbound-emails", "/outbound-bulk-emails"))


class SavedRequests:
    """The file of an account's configuring requests, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "requests.jsonl"

    def keep(self, environ: WSGIEnvironment, body: bytes) -> None:
        """Add a request that was answered."""
        headers = {name: environ.get(_variable(name)) for name in _HEADERS}
        document = {
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("RAW_URI") or environ.get("REQUEST_URI"),
            "headers": {name: value for name, value in headers.items() if value},
            "body": base64.b64encode(body).decode(),
        }
        with self._file.open("a") as output:
            output.write(json.dumps(document) + "\n")

    def replay(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Send all requests again; one that fails is logged and left out."""
        for document in whole_lines(self._file):
            try:
                environ = _environ(document)
            except (AttributeError, KeyError, TypeError, ValueError):
                logger.exception("%s holds what is no request: %.200r", self._file, document)
                continue
            answer, status, _ = run_wsgi_app(application, environ)
            if not status.startswith("2"):
                text = b"".join(answer).decode("utf-8", "replace")
                logger.error("%s %s: %s %s", document["method"], document["path"], status, text)


def _environ(document: dict[str, Any]) -> WSGIEnvironment:
    path, _, query = document["path"].partition("?")
    builder = EnvironBuilder(
        path=path,
        query_string=query,
        method=document["method"],
        headers=document["headers"],
        data=base64.b64decode(document["body"]),
    )
    environ = builder.get_environ()
    environ["RAW_URI"] = environ["REQUEST_URI"] = document["path"]
    return environ


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"
