"""Assembled statements: written by the model manager, read by all later stages.

A list of statement JSON (docs/reference/objects.md#statement-json) in four files: gzipped and as
JSON lines under the round's date, and both plain under names that newer rounds overwrite.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import assembled_key, assembled_prefix, latest_assembled_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.json_encoding import encode_json, encode_json_lines
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.progress import progress
from emmaa_jobs.statements.gate import NoStatementError, read_statement, statement_label

if TYPE_CHECKING:
    from indra.statements import Statement

#: The file inside the gzip, as the web service expects it.
MEMBER = "assembled_stmts.json"
_GZ, _JSON, _JSONL = ".gz", ".json", ".jsonl"

#: What stands before, between and after the bodies of a list of objects that is indented by 1.
_START, _BETWEEN, _END = b"[\n {", b"\n },\n {", b"\n }\n]"


def dynamic_folder(model: str) -> str:
    """Return the folder name of a model's ``dynamic`` assembly."""
    return f"{model}_dynamic"


class EncodedStatement(NamedTuple):
    """The text of a statement in both files, UTF-8.

    :param body: what is between its braces in the JSON list
    :param line: its JSON line
    """

    body: memoryview
    line: memoryview


@dataclass(frozen=True)
class AssembledFiles:
    """A round's assembled statements as they are written.

    :param model: the model's short name, or its :func:`dynamic_folder`
    :param date_str: the round's ``<dt>``
    :param listed: a JSON list
    :param lines: JSON lines
    """

    model: str
    date_str: str
    listed: bytes = field(repr=False)
    lines: bytes = field(repr=False)

    @classmethod
    def of(cls, model: str, date_str: str, statements: Sequence[dict[str, Any]]) -> Self:
        """Encode INDRA statement JSONs."""
        return cls(model, date_str, encode_json(list(statements)), encode_json_lines(statements))

    @classmethod
    def of_statements(cls, model: str, date_str: str, statements: Iterable[Statement]) -> Self:
        """Encode INDRA statements, one at a time: as JSON they take twice the memory."""
        from indra.statements import stmts_to_json

        listed, lines = io.BytesIO(), io.BytesIO()
        start, between = b"[", b""
        for statement in statements:
            document = stmts_to_json([statement])
            listed.write(start + encode_json(document)[len(b"[") : -len(b"\n]")])
            lines.write(between + encode_json_lines(document))
            start, between = b",", b"\n"
        listed.write(b"\n]" if lines.tell() else b"[]")
        return cls(model, date_str, listed.getvalue(), lines.getvalue())

    @classmethod
    def of_encoded(cls, model: str, date_str: str, statements: Sequence[EncodedStatement]) -> Self:
        """Join statements that are encoded."""
        bodies = _BETWEEN.join(statement.body for statement in statements)
        listed = _START + bodies + _END if statements else b"[]"
        return cls(model, date_str, listed, b"\n".join(statement.line for statement in statements))

    @classmethod
    def read(cls, bucket: Bucket, model: str, date_str: str) -> Self:
        """Read the files of a round.

        :raises MissingObjectError: if one of them is not there.
        :raises OSError: if what should be gzip is not.
        """
        listed = gzip.decompress(bucket.read_bytes(assembled_key(model, date_str)))
        lines = bucket.read_bytes(assembled_key(model, date_str, _JSONL))
        return cls(model, date_str, listed, lines)

    @cached_property
    def digest(self) -> str:
        """A hash of the content."""
        found = hashlib.blake2b(self.listed, digest_size=32)
        found.update(self.lines)
        return found.hexdigest()

    def encoded(self) -> list[EncodedStatement]:
        """Return the statements as :meth:`of_encoded` takes them, without copying any text."""
        if self.listed == b"[]":
            return []
        bodies = _cut(self.listed, _BETWEEN, len(_START), len(self.listed) - len(_END))
        lines = _cut(self.lines, b"\n", 0, len(self.lines))
        return [*map(EncodedStatement, bodies, lines)]

    def save(self, bucket: Bucket) -> None:
        """Write the files that have the round's date."""
        key = assembled_key(self.model, self.date_str)
        bucket.write_encoded(key, self.listed, member=MEMBER)
        bucket.write_encoded(assembled_key(self.model, self.date_str, _JSONL), self.lines)

    def save_latest(self, bucket: Bucket) -> None:
        """Write the files that are overwritten by newer rounds."""
        bucket.write_encoded(latest_assembled_key(self.model, _JSON), self.listed)
        bucket.write_encoded(latest_assembled_key(self.model, _JSONL), self.lines)


def _cut(content: bytes, separator: bytes, start: int, end: int) -> Iterator[memoryview]:
    view = memoryview(content)
    while (cut := content.find(separator, start, end)) >= 0:
        yield view[start:cut]
        start = cut + len(separator)
    yield view[start:end]


def save_assembled(
    bucket: Bucket, model: str, date_str: str, statements: Sequence[dict[str, Any]]
) -> None:
    """Write a round's assembled statements under its date.

    :param model: the model's short name, or its :func:`dynamic_folder`
    """
    AssembledFiles.of(model, date_str, statements).save(bucket)


def is_newest(bucket: Bucket, model: str, date_str: str, day: str | None = None) -> bool:
    """Return whether no newer round has assembled statements.

    A past round that is made again must leave alone what newer rounds share with it.

    :param day: look at rounds of this ``<d>`` alone
    """
    newest = bucket.latest(assembled_prefix(model), (_GZ,), day=day)
    return newest is None or newest.date <= date_str


def load_assembled_json(bucket: Bucket, model: str, date_str: str) -> list[dict[str, Any]]:
    """Load a round's assembled statements as JSON, without INDRA.

    :raises MissingObjectError: if the round has none.
    :raises InputError: if the file is not a JSON list.
    """
    key = assembled_key(model, date_str)
    return bucket.read_json_list(key)


def load_assembled(
    bucket: Bucket, model: str, date_str: str, left_out: LeftOutList | None = None
) -> list[Statement]:
    """Return a round's assembled statements, without those that no model type can hold.

    Statements that support each other are linked; what supports a statement but was itself left
    out by the assembly is not.

    :param left_out: where statements that cannot be used are noted
    :raises MissingObjectError: if the round has none.
    :raises InputError: if it is no JSON list, or no item of it is a statement.
    """
    noted = LeftOutList() if left_out is None else left_out
    where = assembled_prefix(model)
    statements = []
    documents = load_assembled_json(bucket, model, date_str)
    reason = ""
    for document in progress(documents, f"reading {model}", "statement"):
        try:
            statements.append(read_statement(document, of_round=True))
        except NoStatementError as error:
            reason = str(error)
            noted.add("statement", statement_label(document), reason, where)
    if documents and not statements:
        raise InputError(
            f"s3://{bucket.name}/{assembled_key(model, date_str)}: none of its {len(documents)}"
            f" items is an INDRA statement: {reason}"
        )
    _link(statements)
    return statements


def _link(statements: Sequence[Statement]) -> None:
    by_id = {statement.uuid: statement for statement in statements}
    for statement in statements:
        statement.supports = [by_id[i] for i in statement.supports if i in by_id]
        statement.supported_by = [by_id[i] for i in statement.supported_by if i in by_id]
