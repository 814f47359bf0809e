"""Secrets that no log line may show.

Messages of libraries repeat parts of what they were given, such as the password in a database's
URL. So whatever reads a secret keeps it here, and the logs replace it wherever it occurs.
"""

from __future__ import annotations

import json
import logging
import re
from urllib.parse import quote, unquote

_HIDDEN = "***"
_secrets: dict[str, re.Pattern[str]] = {}


def keep_secret(text: str | None) -> None:
    """Hide a text in all log lines from now on, also as it is encoded in a URL or in JSON.

    It is replaced where it stands alone, not inside a longer word: otherwise the password
    ``emmaa`` would leave a gap in the name of each logger.
    """
    if not text:
        return
    for form in {text, unquote(text), quote(text, safe=""), json.dumps(text)[1:-1]}:
        _secrets[form] = re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")


def hidden(text: str) -> str:
    """Return a text with each secret replaced by ``***``."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = _secrets[secret].sub(_HIDDEN, text)
    return text


def without_login(url: str) -> str:
    """Return an address without the user and password that it may have."""
    return re.sub(r"//.*@", "//***@", url)


def as_bytes(secret: str) -> bytes:
    """Return a secret of the environment as the bytes that it has there."""
    return secret.encode("utf-8", "surrogateescape")


class WithoutSecrets(logging.Formatter):
    """A formatter that removes secrets from the output of another."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, and hide secrets in message, fields and traceback."""
        return hidden(self._inner.format(record))
