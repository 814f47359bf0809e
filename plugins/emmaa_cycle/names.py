"""Names of models and test corpora, which become parts of S3 keys, job names and arguments."""

from __future__ import annotations

import re

from emmaa_cycle.errors import InputError

_FORBIDDEN = re.compile(r"[/\x00-\x1f\x7f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
MAX_LENGTH = 128


def check_name(kind: str, name: str, *, max_length: int = MAX_LENGTH) -> str:
    """Return ``name`` if it can be a ``kind`` ("model", "test corpus"), as it is.

    Spaces and all letters are allowed, because arguments are lists that are never split. A slash
    or a control character would change the S3 key; a leading dash would be read as a flag.

    :raises InputError: if it breaks a rule; the message has kind, name and rule.
    """
    if not name or name != name.strip():
        raise InputError(f"{kind} name {name!r} is empty or has spaces around it")
    if len(name) > max_length:
        raise InputError(f"{kind} name {name[:40]!r}… is longer than {max_length} characters")
    if name.startswith("-"):
        raise InputError(f"{kind} name {name!r} starts with a dash and would be read as a flag")
    if name in (".", "..") or _FORBIDDEN.search(name):
        raise InputError(f"{kind} name {name!r} holds a slash or a control character")
    if _SURROGATES.search(name):
        raise InputError(f"{kind} name {name!r} cannot be written in UTF-8, as S3 keys are")
    return name
