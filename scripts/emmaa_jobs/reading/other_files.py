"""``reading.other_files``: INDRA statements that others keep in S3, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from pydantic import BaseModel, ConfigDict, Field

from emmaa_cycle.json_text import JsonTextError, decode_json, json_lines, parse_json
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError, UnreadableObjectError
from emmaa_jobs.reading.interface import BrokenOutputError, Collection
from emmaa_jobs.unpacking import UnpackingError, unpacked, unpacked_limit

_LINES = (".jsonl", ".jsonl.gz")
#: S3's codes for a bucket whose name is invalid, or that is in another region.
_NO_BUCKET = ("InvalidBucketName", "PermanentRedirect", "AuthorizationHeaderMalformed")
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
        """The file's name in messages and metadata."""
        return f"s3://{self.bucket}/{self.filename}"

    @property
    def fault(self) -> str | None:
        """The reason why such a file cannot be read; None if it can."""
        if self.filename.endswith((".pkl", ".pickle")):
            return (
                f"{self.where} is a pickle, which is not loaded because that would run code;"
                " scripts/import_legacy.py turns it into INDRA statement JSON"
            )
        if not self.filename.endswith(_LIST + _LINES):
            known = ", ".join(sorted(_LIST + _LINES))
            return f"{self.where} has no known form; known are: {known}"
        return None


class OtherFiles:
    """The files of a config."""

    def __init__(self, files: Sequence[OtherFile]) -> None:
        self._files = files

    def collections(self, bucket: Bucket) -> Iterator[Collection]:
        """Yield the statements of each file; report an unusable file as a problem.

        :raises SourceUnavailableError: if S3 refuses or cannot be reached.
        """
        for file in self._files:
            left_out: list[LeftOut] = []
            try:
                items = _parse(file, _content(file, bucket), left_out)
            except BrokenOutputError as error:
                yield Collection(file.where, (), file.metadata, problem=str(error))
            else:
                yield Collection(file.where, items, file.metadata, left_out=left_out)


def _content(file: OtherFile, bucket: Bucket) -> bytes:
    try:
        return unpacked(bucket.other(file.bucket).read_bytes(file.filename, unpacked_limit()))
    except (UnreadableObjectError, UnpackingError, ParamValidationError) as error:
        raise BrokenOutputError(str(error)) from error
    except (BotoCoreError, ClientError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        if code in _NO_BUCKET:
            raise BrokenOutputError(f"S3 does not return it: {error}") from error
        raise SourceUnavailableError(f"{file.where} of reading.other_files: {error}") from error


def _parse(file: OtherFile, content: bytes, left_out: list[LeftOut]) -> list[Any]:
    try:
        if file.filename.endswith(_LINES):
            return _lines(file, _line_text(content), left_out)
        document = parse_json(content, lenient=True)
    except ValueError as error:
        raise BrokenOutputError(f"it cannot be read as JSON: {error}") from error
    if not isinstance(document, list):
        raise BrokenOutputError(f"it holds a JSON {type(document).__name__}, not a list")
    return document


def _line_text(content: bytes) -> str:
    """Return the text of a file; bytes that are not UTF-8 become lone surrogates."""
    try:
        return decode_json(content)
    except UnicodeDecodeError as error:
        if not error.encoding.startswith("utf-8"):
            raise
        return content.decode(errors="surrogateescape").removeprefix("\ufeff")


def _lines(file: OtherFile, text: str, left_out: list[LeftOut]) -> list[Any]:
    """Return the documents of all lines; a line that holds none is left out.

    :raises JsonTextError: if no line holds one.
    """
    documents: list[Any] = []
    fault: JsonTextError | None = None
    for number, line in json_lines(text):
        try:
            documents.append(_line_document(line))
        except JsonTextError as error:
            fault = fault or error
            left_out.append(LeftOut("line", f"line {number}", f"not JSON: {error}", file.where))
    if fault and not documents:
        raise fault
    return documents


def _line_document(line: str) -> Any:
    try:
        line.encode()
    except UnicodeEncodeError:
        raise JsonTextError("it is not UTF-8 text") from None
    return parse_json(line, lenient=True)
