"""Zips whose bytes are a function of what is in them alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip can hold
_READABLE = 0o100644 << 16
_UNIX = 3


def reproducible_zip(files: Mapping[str, bytes]) -> bytes:
    """Zip files under their names, in the names' order, without dates.

    They are stored, not deflated: compressors differ from machine to machine, and it is little.

    :param files: contents by name, whose parts are separated by slashes
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE
            archive.writestr(entry, files[name])
    return buffer.getvalue()
