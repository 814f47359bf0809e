"""``reading.other_files``: INDRA statements that others keep in S3, as JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.reading.interface import BrokenOutputError, Collection

_LINES = (".jsonl", ".jsonl.gz")
_LIST = (".json", ".json.gz", ".gz")


class OtherFile(BaseModel):
    """One entry of the config.

    :param filename: the key in the bucket
    :param metadata: written on every statement, for example ``internal`` and ``curated``
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(min_length=1)
    filename: str = Field(min_length=1)
    metadata: dict[str, Any]

    @property
    def where(self) -> str:
        """How messages and metadata name the file."""
        return f"s3://{self.bucket}/{self.filename}"

    @property
    def fault(self) -> str | None:
        """Why such a file cannot be read, None if it can."""
        if self.filename.endswith((".pkl", ".pickle")):
            return (
                f"{self.where} is a pickle, which is not loaded, for that would run code;"
                " scripts/import_legacy.py turns it into INDRA statement JSON"
            )
        if not self.filename.endswith(_LIST + _LINES):
            known = ", ".join(sorted(_LIST + _LINES))
            return f"{self.where} is of no known form; there are: {known}"
        return None


class OtherFiles:
    """The files of a config."""

    def __init__(self, files: Sequence[OtherFile]) -> None:
        self._files = files

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        """The statements of each file; a file that cannot be used is a problem of its own.

        :raises MissingObjectError: if there is no such file.
        :raises SourceUnavailableError: if S3 refuses or cannot be reached.
        """
        for file in self._files:
            content = _content(file, bucket)
            try:
                yield Collection(file.where, _parse(file, content), file.metadata)
            except BrokenOutputError as error:
                yield Collection(file.where, (), file.metadata, problem=str(error))


def _content(file: OtherFile, bucket: Bucket) -> bytes:
    try:
        return Bucket(file.bucket, bucket.client, bucket.origin).read_bytes(file.filename)
    except (BotoCoreError, ClientError) as error:
        raise SourceUnavailableError(f"{file.where} of reading.other_files: {error}") from error


def _parse(file: OtherFile, content: bytes) -> list[Any]:
    try:
        text = (gzip.decompress(content) if file.filename.endswith(".gz") else content).decode()
        if file.filename.endswith(_LINES):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        document = json.loads(text)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise BrokenOutputError(f"it cannot be read as JSON: {error}") from error
    if not isinstance(document, list):
        raise BrokenOutputError(f"it holds a JSON {type(document).__name__}, not a list")
    return document
