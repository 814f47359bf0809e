"""A place for a backup: a file, or an object of a bucket that is not the models' own."""

from __future__ import annotations

import os
from pathlib import Path

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket

_SCHEME = "s3://"


def write_backup(place: str, content: bytes, models: Bucket, *, dry_run: bool = False) -> None:
    """Write a backup, a file readable by its owner alone.

    :param place: a path, or ``s3://BUCKET/KEY``
    :param models: the models' bucket, which may be public and gets no addresses
    :param dry_run: see whether a file can be written, and leave none; objects are not tried
    :raises InputError: if it cannot be written there.
    """
    if place.startswith(_SCHEME):
        bucket, key = _object(place, models)
        if not dry_run:
            bucket.write_bytes(key, content, "application/json")
        return
    path = Path(place)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError(f"{place} exists already: name another file") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{place!r} cannot be written: {error}") from error
    with os.fdopen(descriptor, "wb") as file:
        if dry_run:
            path.unlink()
        else:
            file.write(content)


def read_backup(place: str, models: Bucket, limit: int) -> bytes:
    """Read a backup.

    :param limit: the largest number of bytes
    :raises InputError: if it cannot be read.
    """
    if place.startswith(_SCHEME):
        bucket, key = _object(place, models)
        return bucket.read_bytes(key, limit)
    try:
        return Path(place).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"{place!r} cannot be read: {error}") from error


def _object(place: str, models: Bucket) -> tuple[Bucket, str]:
    name, _, key = place.removeprefix(_SCHEME).partition("/")
    if not name or not key:
        raise InputError(f"{place!r} is not s3://BUCKET/KEY")
    if name == models.name:
        raise InputError(
            f"{place} is in the models' bucket, which may be public: name a private bucket, for"
            " the backup has people's addresses"
        )
    return models.other(name), key
