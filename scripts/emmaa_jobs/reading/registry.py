"""The literature sources and readers that a config may name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.config_file import ConfigFile
from emmaa_jobs.reading.interface import LiteratureSource, Reader

#: Class of each source, as ``module:class`` in this package.
SOURCES = {"s3_inbox": "s3_inbox:S3Inbox"}
#: Class of each reader, and the sources whose papers it can read.
READERS = {
    "indra_json": ("indra_json:IndraJson", {"s3_inbox"}),
    "trips": ("trips:Trips", {"s3_inbox"}),
    "reach": ("reach:Reach", {"s3_inbox"}),
}
#: Other fields of ``reading`` that bring statements, which this version cannot read.
_UNAVAILABLE_FIELDS = ("cord19_update", "disease_map", "other_files")


@dataclass(frozen=True)
class ReadingPair:
    """A source and who reads what it finds."""

    source: LiteratureSource
    reader: Reader
    reader_name: str


def reading_pairs(config_file: ConfigFile) -> list[ReadingPair]:
    """The config's pairs of source and reader.

    :returns: empty if the config says null for either: no literature update
    :raises ModelConfigError: naming model, key, field and what is available.
    """
    reading = config_file.config.reading
    for field in _UNAVAILABLE_FIELDS:
        if (reading.model_extra or {}).get(field):
            raise _config_error(
                config_file, field, "is not available in this version; remove the field"
            )
    return [_pair(config_file, *names) for names in reading.pairs]


def _pair(config_file: ConfigFile, source: str, reader: str) -> ReadingPair:
    if source not in SOURCES:
        raise _config_error(config_file, "literature_source", _not_available(source, SOURCES))
    if reader not in READERS:
        raise _config_error(config_file, "reader", _not_available(reader, READERS))
    reader_class, readable = READERS[reader]
    if source not in readable:
        raise _config_error(config_file, "reader", f"{reader!r} cannot read what {source!r} finds")
    return ReadingPair(_make(SOURCES[source]), _make(reader_class), reader)


def _not_available(name: str, known: dict[str, Any]) -> str:
    return f"{name!r} is not available; there are: {', '.join(sorted(known))}"


def _config_error(config_file: ConfigFile, field: str, fault: str) -> ModelConfigError:
    return ModelConfigError(f"{config_file.where}: field reading.{field}: {fault}")


def _make(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(f"emmaa_jobs.reading.{module}"), name)()
