"""S3's objects, kept in a folder over the end of the server.

``index.json`` names every bucket and object; each content is a file under the name of its SHA-256.
The index is replaced whole, after the contents that it names are there. Between two saves, each
request that changes an object adds a line to ``changes.jsonl`` before it is answered, so a server
that is killed loses nothing that it has confirmed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, S3Backend, s3_backends

from infra.local.aws.errors import UsageError
from infra.local.aws.runtime.json_lines import whole_lines
from infra.local.aws.runtime.locks import service_lock

logger = logging.getLogger(__name__)

SAVE_SECONDS = 10.0
_FORMAT = 1
_Signature = tuple[tuple[str, str, str, datetime], ...]


class SavedObjects:
    """The objects of all buckets in a folder; versions and uploads under way are not kept.

    :param folder: made if it is not there
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved: tuple[_Signature, list[str]] | None = None
        self._digests: dict[tuple[str, str, str, datetime], str] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._save_often, name="saved objects", daemon=True)

    def load(self) -> int:
        """Put what was saved into S3, with its dates and ETags, without any event.

        An object whose content is not what it was is logged and left out.

        :returns: the number of objects
        :raises UsageError: if the folder cannot be used or holds something else.
        """
        try:
            self._contents.mkdir(parents=True, exist_ok=True)
            if not self._index.exists():
                return 0
            index = json.loads(self._index.read_text())
            if index["format"] != _FORMAT:
                raise ValueError(f"its format is {index['format']}, not {_FORMAT}")
            self._apply_changes(index["buckets"])
            with service_lock("s3"):
                return sum(self._restore(bucket) for bucket in index["buckets"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"--state-directory {self._folder} cannot be used: {error}; name an empty folder"
                " to start with an empty S3"
            ) from error

    def start(self) -> None:
        """Save every few seconds from now on, if something changed."""
        self._thread.start()

    def close(self) -> None:
        """Save a last time."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        self.save()

    def note(self, path: str) -> None:
        """Write down what a request has changed, before it is answered; under S3's lock.

        :param path: the request's, with the bucket's name first
        """
        bucket, _, name = path.lstrip("/").partition("/")
        found = _backend().buckets.get(bucket)
        if not name or found is None or not self._index.exists():
            self.save()  # of a bucket, or of several objects
            return
        key = found.keys.get(name)
        entry = self._entry(bucket, key) if isinstance(key, FakeKey) else None
        change = {"bucket": bucket, "key": name, "entry": entry}
        with self._changes.open("a") as output:
            output.write(json.dumps(change) + "\n")

    def save(self) -> bool:
        """Write what is in S3 now.

        :returns: whether something had changed since the last time
        """
        with service_lock("s3"):
            found = [(bucket, list(_objects(bucket))) for bucket in _buckets()]
            signature = tuple(_identity(bucket.name, key) for bucket, keys in found for key in keys)
            names = [bucket.name for bucket, _ in found]
            unchanged = (signature, names) == self._saved and not self._changes.exists()
            if unchanged and self._index.exists():
                return False
            self._write(found)
            self._saved = signature, names
            self._digests = {each: self._digests[each] for each in signature}
        return True

    def _write(self, found: list[tuple[Any, list[FakeKey]]]) -> None:
        buckets = [
            {
                "name": bucket.name,
                "region": bucket.region_name,
                "objects": [self._entry(bucket.name, key) for key in keys],
            }
            for bucket, keys in found
        ]
        index = {"format": _FORMAT, "buckets": buckets}
        _replace(self._index, json.dumps(index, indent=1).encode())
        self._changes.unlink(missing_ok=True)
        self._remove_all_but({entry["sha256"] for each in buckets for entry in each["objects"]})

    def _apply_changes(self, buckets: list[dict[str, Any]]) -> None:
        """Bring an index up to date by the changes since."""
        objects = {b["name"]: {entry["key"]: entry for entry in b["objects"]} for b in buckets}
        for change in whole_lines(self._changes):
            if change.get("bucket") not in objects or "key" not in change:
                logger.error("%s holds what is no change: %.200r", self._changes, change)
            elif change.get("entry") is None:
                objects[change["bucket"]].pop(change["key"], None)
            else:
                objects[change["bucket"]][change["key"]] = change["entry"]
        for bucket in buckets:
            bucket["objects"] = list(objects[bucket["name"]].values())

    @property
    def _index(self) -> Path:
        return self._folder / "index.json"

    @property
    def _changes(self) -> Path:
        return self._folder / "changes.jsonl"

    @property
    def _contents(self) -> Path:
        return self._folder / "contents"

    def _save_often(self) -> None:
        while not self._end.wait(SAVE_SECONDS):
            try:
                self.save()
            except OSError:
                logger.exception("S3 could not be saved to %s", self._folder)

    def _entry(self, bucket: str, key: FakeKey) -> dict[str, Any]:
        identity = _identity(bucket, key)
        if identity not in self._digests:
            content = key.value
            self._digests[identity] = hashlib.sha256(content).hexdigest()
            file = self._contents / self._digests[identity]
            if not file.exists():
                _replace(file, content)
        return {
            "key": key.name,
            "etag": key.etag.strip('"'),
            "modified": key.last_modified.isoformat(),
            "storage": key.storage_class,
            "metadata": dict(key.metadata),
            "sha256": self._digests[identity],
        }

    def _restore(self, saved: dict[str, Any]) -> int:
        backend, name = _backend(), saved["name"]
        backend.create_bucket(name, saved["region"])
        restored = 0
        for entry in saved["objects"]:
            try:
                content, modified = self._content(entry), datetime.fromisoformat(entry["modified"])
                key = backend.put_object(
                    name, entry["key"], content, storage=entry["storage"], etag=entry["etag"]
                )
                key.set_metadata(entry["metadata"])
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                logger.exception("an object of %s is lost: %.300r", name, entry)
                continue
            key.last_modified = modified
            restored += 1
        return restored

    def _content(self, entry: dict[str, Any]) -> bytes:
        file = self._contents / entry["sha256"]
        content: bytes = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ValueError(f"{file} does not hold what its name says")
        return content

    def _remove_all_but(self, digests: set[str]) -> None:
        for file in self._contents.iterdir():
            if file.name not in digests:
                file.unlink()


def _backend() -> S3Backend:
    backend: S3Backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    return backend


def _buckets() -> list[Any]:
    return sorted(_backend().buckets.values(), key=lambda bucket: str(bucket.name))


def _objects(bucket: Any) -> Iterator[FakeKey]:
    for name in sorted(bucket.keys):
        key = bucket.keys[name]
        if isinstance(key, FakeKey):  # else the mark of a deleted one
            yield key


def _identity(bucket: str, key: FakeKey) -> tuple[str, str, str, datetime]:
    return bucket, key.name, key.etag, key.last_modified


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_suffix(".part")
    partial.write_bytes(content)
    os.replace(partial, file)
