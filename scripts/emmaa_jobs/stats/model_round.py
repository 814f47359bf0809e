"""The data of a round that model statistics need, without what cannot be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from emmaa_jobs.statements.emmaa_statement import meets_metadata, usable_emmaa_json
from emmaa_jobs.statements.fields import Key, StatementJson, evidence_of
from emmaa_jobs.statements.gate import NoStatementError, statement_label, usable_json
from emmaa_jobs.statements.schema import Checked


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

    @classmethod
    def read(
        cls, bucket: Bucket, record: ManagerRecord, left_out: LeftOutList | None = None
    ) -> ModelRound:
        """Read a round's objects.

        :param left_out: gets the statements that cannot be counted
        :raises MissingObjectError: if one of them is not there.
        """
        noted = LeftOutList() if left_out is None else left_out
        model, reading = record.model, record.model_config.reading
        id_type = reading.main_id_type
        documents = load_assembled_json(bucket, model, record.date_str)
        assembled = _usable(documents, usable_json, noted, assembled_prefix(model))
        if documents and not assembled:
            fault = list(noted)[-1].reason
            key = assembled_key(model, record.date_str)
            raise InputError(f"{key} holds something that is not an INDRA statement: {fault}")
        state = load_raw_model(bucket, model, record.model_date)
        raw = _usable(state, usable_emmaa_json, noted, model_prefix(model))
        return cls(
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


def _usable(
    documents: Iterable[Any], check: Callable[[Any], Checked], left_out: LeftOutList, where: str
) -> list[dict[str, Any]]:
    """Return the statements that can be counted; objects may be older than the checks.

    :param check: the check of one statement's JSON
    :param where: names the object for the list of what was left out
    """
    found = []
    for document in documents:
        label = statement_label(_statement_in(document))
        try:
            checked = check(document)
        except NoStatementError as error:
            left_out.add("statement", label, str(error), where)
            continue
        for number, reason in checked.refused.items():
            left_out.add("evidence", f"{label}, evidence {number}", reason, where)
        found.append(checked.document)
    return found


def _statement_in(document: Any) -> Any:
    return document.get("stmt", document) if isinstance(document, Mapping) else document
