"""A model's raw statements and the papers read so far, written by the model update.

``models/<m>/model_<dt>.json.gz`` is a JSON list of EMMAA statements, and
``papers/<m>/paper_ids_<dt>.json`` of the same date a list of paper ids
(docs/reference/s3-layout.md#model-states).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import JSON_GZ, model_key, model_prefix, paper_ids_key
from emmaa_jobs.bucket import Bucket, DatedKey
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.progress import progress
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement, read_emmaa_statement
from emmaa_jobs.statements.fields import papers_of, sort_key
from emmaa_jobs.statements.gate import NoStatementError, statement_label

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
        """Write papers, then statements: the model's upload is what starts the next stage.

        :returns: the model's key
        """
        bucket.write_json(paper_ids_key(self.model, self.date_str), list(self.paper_ids))
        key = model_key(self.model, self.date_str)
        bucket.write_json(key, [statement.to_json() for statement in self.statements])
        return key


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
    raw = load_raw_model(bucket, model, found)
    noted = LeftOutList() if left_out is None else left_out
    # The same name in each round, so that a statement is reported to operators once.
    where = model_prefix(model)
    statements = []
    reason = ""
    for document in progress(raw, f"reading {model}", "statement"):
        label = _label(document)
        try:
            statement, refused = read_emmaa_statement(document)
        except NoStatementError as error:
            reason = str(error)
            noted.add("statement", label, reason, where)
            continue
        for number, why in refused.items():
            noted.add("evidence", f"{label}, evidence {number}", why, where)
        statements.append(statement)
    if raw and not statements:
        raise _no_statement(bucket, model_key(model, found), len(raw), reason)
    readable = (statement.to_json() for statement in statements)
    return ModelFile(model, found, statements, load_paper_ids(bucket, model, found, readable))


def check_readable(bucket: Bucket, model: str, date_str: str) -> None:
    """Check that :func:`load_model` can read a state, at the cost of its first good statement.

    :raises MissingObjectError: if there is none.
    :raises InputError: if the state or its list of papers cannot be used.
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
    with suppress(MissingObjectError):
        bucket.read_json_list(paper_ids_key(model, date_str))


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
    bucket: Bucket, model: str, date_str: str, raw: Iterable[dict[str, Any]]
) -> list[PaperId]:
    """Load the papers read up to a state of the model, sorted.

    :param raw: the state's EMMAA statements as JSON; their papers stand in for a list that was
        never written (docs/reference/s3-layout.md#model-states)
    """
    try:
        ids = bucket.read_json_list(paper_ids_key(model, date_str))
    except MissingObjectError:
        id_type = load_config(bucket, model).config.reading.main_id_type
        ids = [paper for item in raw for paper in papers_of(item["stmt"], id_type)]
    return sorted_papers(ids)


def sorted_papers(ids: Iterable[Any]) -> list[PaperId]:
    """Return each id once, numbers first, without what is neither number nor text."""
    return sorted({paper for paper in ids if isinstance(paper, int | str)}, key=sort_key)
