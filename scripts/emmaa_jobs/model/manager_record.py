"""The model manager's file: what a round was made of, as JSON.

The original pickled live objects. Here the record says everything from which models are built
again: the round's assembled statements (under the same date), the model types and the config.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.s3_layout import model_manager_key, model_manager_prefix
from emmaa_cycle.validation import described
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.model.config_file import load_config

FORMAT = 1


@dataclass(frozen=True)
class ManagerRecord:
    """One round of a model.

    :param model: the model's short name
    :param date_str: the round's ``<dt>``, which names all of the round's objects
    :param model_date: the ``<dt>`` of the model file that was assembled
    :param mc_types: the config's model types, in its order
    :param config: the config as it was at assembly, a JSON object
    :param entities: agents of all assembled statements, INDRA agent JSON
    :param paper_ids: ids of all papers read up to ``model_date``
    :param unassembled: model types that could not be assembled, and why
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    model: str
    date_str: str
    model_date: str
    mc_types: list[str]
    config: dict[str, Any]
    entities: list[dict[str, Any]]
    paper_ids: list[str | int]
    format: int = FORMAT
    unassembled: dict[str, str] = field(default_factory=dict)

    @property
    def assembled_types(self) -> list[str]:
        """The model types that the round has, in the config's order."""
        return [mc_type for mc_type in self.mc_types if mc_type not in self.unassembled]

    @property
    def model_config(self) -> ModelConfig:
        """The config, typed."""
        import json

        return parse_model_config(self.model, json.dumps(self.config))

    def save(self, bucket: Bucket) -> None:
        """Write the manager: the last write of a round's assembly, for it starts the rest."""
        document = asdict(self)
        if not self.unassembled:  # as older jobs wrote and read it
            del document["unassembled"]
        bucket.write_json(model_manager_key(self.model, self.date_str), document)


def load_manager(bucket: Bucket, model: str, date_str: str | None = None) -> ManagerRecord:
    """Load the manager of one round; of the latest if no date is given.

    :raises MissingObjectError: if there is none.
    :raises InputError: naming the object and the field, if it is no manager of this format.
    """
    if date_str is None:
        latest = bucket.latest(model_manager_prefix(model))
        if latest is None:
            raise MissingObjectError(
                f"s3://{bucket.name}/{model_manager_prefix(model)}… does not exist:"
                f" run update_model_manager.py --model {model} first"
            )
        date_str = latest.date
    key = model_manager_key(model, date_str)
    return _record(bucket.read_json(key), f"s3://{bucket.name}/{key}")


def round_config(bucket: Bucket, model: str, date_str: str) -> ModelConfig:
    """Return the config that a round was assembled with.

    A config that is saved while a round is under way, maybe a broken one, is the next round's. A
    round of the original's has no record; then it is the present config.

    :raises MissingObjectError: if there is neither.
    :raises InputError: naming the object and the field, if it cannot be used.
    """
    try:
        return load_manager(bucket, model, date_str).model_config
    except MissingObjectError:
        return load_config(bucket, model).config


def _record(document: Any, where: str) -> ManagerRecord:
    from pydantic import TypeAdapter, ValidationError

    if isinstance(document, dict) and document.get("format", FORMAT) != FORMAT:
        raise InputError(
            f"{where} has format {document['format']!r}, and these jobs read format {FORMAT}:"
            " use the jobs that wrote it, or run update_model_manager.py again"
        )
    try:
        return TypeAdapter(ManagerRecord).validate_python(document)
    except ValidationError as error:
        raise InputError(
            f"{where} is not a model manager: {described(error)}; run update_model_manager.py again"
        ) from error
