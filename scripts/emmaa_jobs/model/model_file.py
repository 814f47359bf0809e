"""A model's raw statements and the papers read so far, written by the model update.

``models/<m>/model_<dt>.json.gz`` is a JSON list of EMMAA statements, and
``papers/<m>/paper_ids_<dt>.json`` of the same date a list of paper ids
(docs/reference/s3-layout.md#model-states).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import JSON_GZ, model_key, model_prefix, paper_ids_key
from emmaa_jobs.bucket import GZIP_TYPE, Bucket, DatedKey, StoredObject, gzip_json_items
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.json_items import json_parts
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.progress import progress
from emmaa_jobs.statements.emmaa_statement import (
    EmmaaStatement,
    read_emmaa_statement,
    sealed_emmaa_statement,
)
from emmaa_jobs.statements.fields import papers_of, sort_key
from emmaa_jobs.statements.gate import NoStatementError, statement_label
from emmaa_jobs.statements.seal import is_sealed

#: An INDRA-DB text-ref id is a number, any other id a text.
PaperId: TypeAlias = int | str
_PICKLE = ".pkl"


@dataclass(frozen=True)
class ModelFile:
    """One state of a model.

    :param date_str: the ``<dt>`` of the update that wrote it
    :param paper_ids: ids of all papers read so far, sorted, also those without statements
    """

    model: str
    date_str: str
    statements: Sequence[EmmaaStatement]
    paper_ids: Sequence[PaperId]

    def save(self, bucket: Bucket) -> str:
        """Write papers, then statements, and return the model's key."""
        content = gzip_json_items(statement.to_json() for statement in self.statements)
        return save_state(bucket, self.model, self.date_str, content, self.paper_ids)


def save_state(
    bucket: Bucket,
    model: str,
    date_str: str,
    content: bytes,
    paper_ids: Sequence[PaperId],
    metadata: Mapping[str, str] | None = None,
) -> str:
    """Write papers, then statements: the model's upload is what starts the next stage.

    :param content: the statements as :meth:`ModelFile.save` encodes them
    :param metadata: S3 user metadata of the model
    :returns: the model's key
    """
    bucket.write_json(paper_ids_key(model, date_str), list(paper_ids))
    key = model_key(model, date_str)
    bucket.write_bytes(key, content, GZIP_TYPE, metadata)
    return key


@dataclass(frozen=True)
class State:
    """The object that holds a model's raw statements, as it was read."""

    bucket: Bucket
    model: str
    date_str: str
    stored: StoredObject

    @classmethod
    def read(cls, bucket: Bucket, model: str, date_str: str) -> State:
        """Read a state's object.

        :raises MissingObjectError: if there is none.
        """
        stored = bucket.read_object(model_key(model, date_str))
        return cls(bucket, model, date_str, stored)

    @functools.cached_property
    def is_sealed(self) -> bool:
        """True if an update of this edition wrote the statements: checked, and each once."""
        return is_sealed(self.stored.content, self.stored.metadata)

    def statements(self, left_out: LeftOutList) -> Iterator[EmmaaStatement]:
        """Yield the statements that all later stages can hold, one by one.

        :param left_out: where the others are noted
        :raises InputError: if it is no JSON list, or no item of it is an EMMAA statement; maybe
            after some statements.
        """
        found = self._sealed() if self.is_sealed else self._checked(left_out)
        yield from progress(found, f"reading {self.model}", "statement")

    def _sealed(self) -> Iterator[EmmaaStatement]:
        for part in json_parts(self.stored.text()):
            yield from map(sealed_emmaa_statement, json.loads(part))

    def _checked(self, left_out: LeftOutList) -> Iterator[EmmaaStatement]:
        # The same name in each round, so that a statement is reported to operators once.
        where = model_prefix(self.model)
        good, refusals, reason = 0, 0, ""
        for document in self.bucket.json_items(self.stored):
            try:
                statement, refused = read_emmaa_statement(document)
            except NoStatementError as error:
                reason = str(error)
                left_out.add("statement", _label(document), reason, where)
                refusals += 1
                continue
            for number, why in refused.items():
                left_out.add("evidence", f"{_label(document)}, evidence {number}", why, where)
            good += 1
            yield statement
        if refusals and not good:
            raise _no_statement(self.bucket, self.stored.key, refusals, reason)


def load_model(
    bucket: Bucket, model: str, date_str: str | None = None, left_out: LeftOutList | None = None
) -> ModelFile:
    """Read a model's state, without the statements that not all later stages can hold.

    :param date_str: its ``<dt>``; the newest if None
    :param left_out: where those are noted
    :raises MissingObjectError: if there is none.
    :raises InputError: if it is no JSON list, if no item of it is an EMMAA statement, or if there
        is only a pickle of the original's.
    """
    found = date_str or latest_model(bucket, model).date
    state = State.read(bucket, model, found)
    noted = LeftOutList() if left_out is None else left_out
    statements = list(state.statements(noted))
    papers = papers_of_state(state, statements, noted)
    return ModelFile(model, found, statements, papers)


def papers_of_state(
    state: State, statements: Iterable[EmmaaStatement], left_out: LeftOutList
) -> list[PaperId]:
    """Return the ids of all papers read up to a state; as :func:`load_paper_ids`."""
    raw = (statement.to_json() for statement in statements)
    return load_paper_ids(state.bucket, state.model, state.date_str, raw, left_out)


def check_readable(bucket: Bucket, model: str, date_str: str) -> None:
    """Check that :func:`load_model` can read a state, at the cost of its first good statement.

    :raises MissingObjectError: if there is none.
    :raises InputError: if it cannot be used.
    """
    raw = load_raw_model(bucket, model, date_str)
    reason = ""
    for document in raw:
        try:
            read_emmaa_statement(document)
        except NoStatementError as error:
            reason = str(error)
        else:
            break
    else:
        if raw:
            raise _no_statement(bucket, model_key(model, date_str), len(raw), reason)


def _no_statement(bucket: Bucket, key: str, count: int, reason: str) -> InputError:
    return InputError(
        f"s3://{bucket.name}/{key}: none of its {count} items is an EMMAA statement: {reason}"
    )


def _label(document: Any) -> str:
    statement = document.get("stmt") if isinstance(document, Mapping) else document
    number = statement.get("id") if isinstance(statement, Mapping) else None
    return f"{statement_label(statement)} {number or ''}".rstrip()


def load_raw_model(bucket: Bucket, model: str, date_str: str | None = None) -> list[dict[str, Any]]:
    """Load a model's EMMAA statements as JSON, without INDRA.

    :param date_str: its ``<dt>``; the newest if None
    :raises MissingObjectError: if there is none.
    :raises InputError: if it is not a JSON list.
    """
    key = model_key(model, date_str) if date_str else latest_model(bucket, model).key
    return bucket.read_json_list(key)


def latest_model(
    bucket: Bucket, model: str, *, before: str | None = None, upto: str | None = None
) -> DatedKey:
    """Find the newest state of a model.

    :param before: only states strictly before this ``<dt>``
    :param upto: only states before or at this ``<dt>``
    :raises MissingObjectError: if there is none.
    :raises InputError: if the newest is a pickle of the original's, which is not loaded.
    """
    prefix = model_prefix(model)
    states = [
        state
        for state in bucket.dated_keys(prefix, (JSON_GZ, _PICKLE))
        if (before is None or state.date < before) and (upto is None or state.date <= upto)
    ]
    if not states:
        raise MissingObjectError(
            f"s3://{bucket.name}/{prefix}… does not exist:"
            f" run run_model_update.py --model {model} first"
        )
    # Of a state that was imported, pickle and JSON stand side by side.
    latest = max(states, key=lambda state: (state.date, state.key.endswith(JSON_GZ)))
    if latest.key.endswith(_PICKLE):
        raise InputError(
            f"s3://{bucket.name}/{latest.key} is a pickle of the original's jobs, which is not"
            f" loaded because that would run code; scripts/import_legacy.py --model {model} turns"
            f" it into {model_key(model, latest.date)}"
        )
    return latest


def load_paper_ids(
    bucket: Bucket,
    model: str,
    date_str: str,
    raw: Iterable[dict[str, Any]],
    left_out: LeftOutList,
) -> list[PaperId]:
    """Load the papers read up to a state of the model, sorted.

    :param raw: the state's EMMAA statements as JSON; their papers stand in for a list that was
        never written or cannot be used (docs/reference/s3-layout.md#model-states)
    :param left_out: where such a list is noted
    """
    ids = listed_papers(bucket, model, date_str, left_out)
    if ids is None:
        id_type = load_config(bucket, model).config.reading.main_id_type
        ids = [paper for item in raw for paper in papers_of(item["stmt"], id_type)]
    return sorted_papers(ids)


def listed_papers(
    bucket: Bucket, model: str, date_str: str, left_out: LeftOutList
) -> list[Any] | None:
    """Load the list of papers that belongs to a state; None if it is missing or cannot be used.

    :param left_out: where a list that cannot be used is noted
    """
    key = paper_ids_key(model, date_str)
    try:
        return bucket.read_json_list(key)
    except MissingObjectError:
        return None
    except InputError as error:
        reason = f"{error}; the papers of the model's statements stand in for it"
        left_out.add("file", key, reason)
        return None


def sorted_papers(ids: Iterable[Any]) -> list[PaperId]:
    """Return each id once, numbers first, without what is neither number nor text."""
    return sorted({paper for paper in ids if isinstance(paper, int | str)}, key=sort_key)
