"""The mails that SES accepted: kept in the server, read by demo and tests."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.aws.runtime.json_lines import whole_lines

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

#: An underscore makes it no name of a bucket, so S3 does not use it.
PATH = "/_local/sent-mails"
_SECONDS = 10


@dataclass(frozen=True)
class SentMail:
    """A mail that SES v2 accepted by SendEmail with raw content.

    :param recipients: all addresses, To, Cc and Bcc, in that order
    :param text: the plain body, empty if there is none
    :param html: the HTML body, empty if there is none
    :param sent_at: milliseconds since the epoch
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    return_path: str
    sent_at: int


class Outbox:
    """All accepted mails, in order; a WSGI application that shows them.

    :param file: where they outlive the server; None if they do not
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = file
        self._mails = list(_saved(file)) if file else []

    def add(self, mail: SentMail) -> None:
        """Keep a mail."""
        with self._lock:
            if self._file is not None:
                with self._file.open("a") as output:
                    output.write(json.dumps(asdict(mail)) + "\n")
            self._mails.append(mail)

    @property
    def mails(self) -> list[SentMail]:
        """All mails, oldest first."""
        with self._lock:
            return list(self._mails)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with all mails as JSON."""
        document = [asdict(mail) for mail in self.mails]
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(document).encode()]


def sent_mails(endpoint_url: str) -> list[SentMail]:
    """Return the mails that a running embedded AWS' SES accepted, oldest first.

    :raises OSError: if the server does not answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(endpoint_url + PATH, timeout=_SECONDS) as response:
        documents = json.load(response)
    return [_from_json(document) for document in documents]


def _saved(file: Path) -> Iterator[SentMail]:
    for document in whole_lines(file):
        try:
            yield _from_json(document)
        except (KeyError, TypeError):
            logger.error("%s holds what is no mail: %.200r", file, document)


def _from_json(document: dict[str, Any]) -> SentMail:
    known = {field.name: document[field.name] for field in fields(SentMail)}
    return SentMail(**{**known, "recipients": tuple(document["recipients"])})
