"""Files of others, unpacked within a limit."""

from __future__ import annotations

import gzip
import io
import zlib

from emmaa_cycle.settings import load_settings

#: What a gzip file starts with; no text does.
_GZIP = b"\x1f\x8b"


class UnpackingError(ValueError):
    """A file is broken gzip, or larger than the settings allow."""


def unpacked_limit() -> int:
    """Return how many bytes a file of others may have, unpacked (``reading.max_unpacked_mb``)."""
    return load_settings().reading.max_unpacked_mb << 20


def unpacked(content: bytes, limit: int | None = None) -> bytes:
    """Return a file's content, unpacked if it is gzip, which its first bytes tell.

    No more than the limit is ever unpacked.

    :param limit: in bytes; that of the settings if None
    :raises UnpackingError: if it is larger, or broken gzip.
    """
    limit = unpacked_limit() if limit is None else limit
    plain = content
    if content.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as archive:
                plain = archive.read(limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise UnpackingError(f"it is broken gzip: {error}") from error
    check_size(len(plain), limit)
    return plain


def check_size(size: int, limit: int | None = None) -> None:
    """Check a file's size against the limit.

    :raises UnpackingError: if it is larger.
    """
    limit = unpacked_limit() if limit is None else limit
    if size > limit:
        raise UnpackingError(
            f"it has more than {limit >> 20} MB, unpacked; the setting reading.max_unpacked_mb"
            " allows more"
        )
