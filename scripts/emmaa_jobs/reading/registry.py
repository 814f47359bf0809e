"""The literature sources, readers and other sources of statements that a config may name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.reading.disease_map import DiseaseMap, DiseaseMapConfig
from emmaa_jobs.reading.interface import LiteratureSource, Reader, StatementSource
from emmaa_jobs.reading.other_files import OtherFile, OtherFiles

T = TypeVar("T")

#: Class of each source, as ``module:class`` in this package.
SOURCES = {
    "biorxiv": "biorxiv:BioRxiv",
    "pubmed": "pubmed:PubMed",
    "s3_inbox": "s3_inbox:S3Inbox",
}
#: Class of each reader, and the sources whose papers it can read.
READERS = {
    "indra_db_doi": ("indra_db:IndraDbDoi", {"biorxiv"}),
    "indra_db_pmid": ("indra_db:IndraDbPmid", {"pubmed"}),
    "indra_json": ("indra_json:IndraJson", {"s3_inbox"}),
    "trips": ("trips:Trips", {"s3_inbox"}),
    "reach": ("reach:Reach", {"s3_inbox"}),
    "sparser": ("sparser:Sparser", {"s3_inbox"}),
    "bel": ("bel:Bel", {"s3_inbox"}),
}
_INBOX = "put what it reads into the inbox instead (source 's3_inbox')"
#: The original's readers and sources that this project lacks, and what to use instead.
_ABSENT = {
    "aws": f"it reads with REACH on the original's own Batch jobs; {_INBOX}, with reader 'reach'",
    "elsevier": f"it needs a licence and the original's Eidos server; {_INBOX}",
    "elsevier_eidos": f"it needs a licence and the original's Eidos server; {_INBOX}",
}
_NO_CORD19 = (
    "is not available: it needs the original's own package for CORD-19;"
    " put the statements into a file of reading.other_files"
)


@dataclass(frozen=True)
class ReadingPair:
    """A source and who reads what it finds."""

    source: LiteratureSource
    reader: Reader
    reader_name: str


def reading_pairs(config_file: ConfigFile) -> list[ReadingPair]:
    """Return the config's pairs of source and reader.

    :returns: empty if the config says null for either: no literature update
    :raises ModelConfigError: naming model, key, field and what is available.
    """
    return [_pair(config_file, *names) for names in config_file.config.reading.pairs]


def statement_sources(config_file: ConfigFile) -> list[StatementSource]:
    """Return the config's sources of statements that belong to none of the model's papers.

    :raises ModelConfigError: naming model, key, field and fault.
    """
    extra = config_file.config.reading.model_extra or {}
    if extra.get("cord19_update"):
        raise _config_error(config_file, "cord19_update", _NO_CORD19)
    sources: list[StatementSource] = []
    if extra.get("disease_map"):
        sources.append(DiseaseMap(_typed(config_file, "disease_map", DiseaseMapConfig)))
    if extra.get("other_files"):
        files = _typed(config_file, "other_files", list[OtherFile])
        for fault in filter(None, (file.fault for file in files)):
            raise _config_error(config_file, "other_files", fault)
        sources.append(OtherFiles(files))
    return sources


def _pair(config_file: ConfigFile, source: str, reader: str) -> ReadingPair:
    if source not in SOURCES:
        raise _config_error(config_file, "literature_source", _not_available(source, SOURCES))
    if reader not in READERS:
        raise _config_error(config_file, "reader", _not_available(reader, READERS))
    reader_class, readable = READERS[reader]
    if source not in readable:
        raise _config_error(
            config_file,
            "reader",
            f"{reader!r} cannot read what {source!r} finds,"
            f" but only what {' or '.join(sorted(readable))} does",
        )
    return ReadingPair(_make(SOURCES[source]), _make(reader_class), reader)


def _not_available(name: str, known: dict[str, Any]) -> str:
    reason = f": {_ABSENT[name]}" if name in _ABSENT else ""
    return f"{name!r} is not available{reason}; there are: {', '.join(sorted(known))}"


def _typed(config_file: ConfigFile, field: str, kind: type[T]) -> T:
    value = (config_file.config.reading.model_extra or {})[field]
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        at = "".join(f".{part}" for part in first["loc"])
        raise _config_error(config_file, f"{field}{at}", first["msg"]) from error


def _config_error(config_file: ConfigFile, field: str, fault: str) -> ModelConfigError:
    return ModelConfigError(f"{config_file.where}: field reading.{field}: {fault}")


def _make(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(f"emmaa_jobs.reading.{module}"), name)()
