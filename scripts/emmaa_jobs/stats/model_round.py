"""The data of a round that model statistics need, without what cannot be counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import MetadataFilter
from emmaa_cycle.s3_layout import assembled_key, assembled_prefix, model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import load_assembled_json
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.model.model_file import load_raw_model
from emmaa_jobs.statements.emmaa_statement import meets_metadata
from emmaa_jobs.statements.fields import (
    Key,
    StatementJson,
    evidence_of,
    papers_of,
    statement_hash,
    text_refs,
)
from emmaa_jobs.statements.gate import NoStatementError, statement_label


@dataclass(frozen=True)
class ModelRound:
    """The data of one round of a model that statistics need.

    :param date: the round's ``<dt>``
    :param statements: the assembled statements that ``reading.filter`` lets through
    :param raw_statements: the statements before assembly, filtered likewise
    :param paper_ids: the papers read so far, with and without statements
    :param id_type: the config's ``reading.main_id_type``
    """

    model: str
    date: str
    statements: Sequence[StatementJson]
    raw_statements: Sequence[StatementJson]
    paper_ids: Sequence[Key]
    id_type: str


def load_model_round(
    bucket: Bucket, record: ManagerRecord, left_out: LeftOutList | None = None
) -> ModelRound:
    """Read a round's objects.

    :param left_out: gets the statements that cannot be counted
    :raises MissingObjectError: if one of them is not there.
    """
    noted = LeftOutList() if left_out is None else left_out
    model, reading = record.model, record.model_config.reading
    id_type = reading.main_id_type
    documents = load_assembled_json(bucket, model, record.date_str)
    assembled = _readable_assembled(documents, id_type, noted, assembled_prefix(model))
    if documents and not assembled:
        fault = list(noted)[-1].reason
        key = assembled_key(model, record.date_str)
        raise InputError(f"{key} holds something that is not an INDRA statement: {fault}")
    raw = _readable_raw(
        load_raw_model(bucket, model, record.model_date), id_type, noted, model_prefix(model)
    )
    return ModelRound(
        model=record.model,
        date=record.date_str,
        statements=_filtered(assembled, reading.filter),
        raw_statements=_filtered_raw(raw, reading.filter),
        paper_ids=record.paper_ids,
        id_type=id_type,
    )


def _filtered(
    statements: Sequence[StatementJson], condition: MetadataFilter | None
) -> Sequence[StatementJson]:
    if condition is None:
        return statements
    return [
        document
        for document in statements
        if meets_metadata(evidence_of(document), condition.conditions, condition.evid_policy)
    ]


def _filtered_raw(
    raw: Iterable[Mapping[str, Any]], condition: MetadataFilter | None
) -> list[StatementJson]:
    # The metadata of a raw statement is its own. Statements of before there was metadata have
    # none, or empty metadata once they were imported: they meet every condition.
    conditions = condition.conditions if condition else {}
    return [
        document["stmt"]
        for document in raw
        if not (metadata := document.get("metadata"))
        or all(metadata.get(key) == value for key, value in conditions.items())
    ]


def _readable_raw(
    documents: Iterable[Any], id_type: str, left_out: LeftOutList, where: str
) -> list[Mapping[str, Any]]:
    """Return the EMMAA statements of a model state that can be counted.

    A state may be older than the checks of what enters a model.

    :param where: names the state for the list of what was left out
    """
    found = []
    for document in documents:
        statement = document.get("stmt") if isinstance(document, Mapping) else document
        try:
            metadata = document.get("metadata")
            if metadata and not isinstance(metadata, Mapping):
                raise TypeError("field metadata is not an object")
            _check(statement, id_type)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            left_out.add("statement", statement_label(statement), _reason(error), where)
        else:
            found.append(document)
    return found


def _readable_assembled(
    documents: Iterable[Any], id_type: str, left_out: LeftOutList, where: str
) -> list[StatementJson]:
    """Return the assembled statements that can be counted.

    :param where: names the round's statements for the list of what was left out
    """
    found = []
    for document in documents:
        try:
            _check(document, id_type)
            int(statement_hash(document))
            float(document.get("belief", 1))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            left_out.add("statement", statement_label(document), _reason(error), where)
        else:
            found.append(document)
    return found


def _check(statement: Any, id_type: str) -> None:
    """Do with a statement what statistics do with it.

    :raises AttributeError: or another such error, if that cannot be done.
    """
    if not isinstance(statement["type"], str):
        raise TypeError("field type is not text")
    evidence = evidence_of(statement)
    for item in evidence:
        {kind.upper() for kind in text_refs(item)}
        int(item.get("source_hash") or 0)
        if not isinstance(item.get("source_api"), str | None):
            raise TypeError("field source_api is not text")
    if not {type(paper) for paper in papers_of(statement, id_type)} <= {int, str}:
        raise TypeError("the id of a paper is neither text nor number")
    meets_metadata(evidence, {}, "any")


def _reason(error: Exception) -> str:
    if isinstance(error, NoStatementError):
        return str(error)
    return f"it cannot be counted: {type(error).__name__}: {error}"
