"""The selection of a bucket's pickles for the import, each with the kind it should hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import JSON_GZ, corpus_key, corpus_prefix, model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.legacy.documents import Kind
from emmaa_jobs.model.config_file import load_config

PICKLES = (".pkl", ".pickle")
_PKL = ".pkl"
_MODEL = re.compile(r"models/[^/]+/model_[^/]*\.pkl")
_CORPUS = re.compile(r"tests/[^/]+\.pkl")


@dataclass(frozen=True)
class Pickle:
    """One pickle to import.

    :param bucket: the name of its bucket, where the JSON is written too
    """

    bucket: str
    key: str
    kind: Kind

    @property
    def target(self) -> str:
        """The key of its JSON: the same stem."""
        return self.key.rpartition(".")[0] + JSON_GZ


def pickle_at(bucket: str, key: str) -> Pickle:
    """Return a pickle by its key; one that is neither a model nor a test corpus holds statements.

    :raises InputError: if the key is not a pickle's, or is one of a model manager.
    """
    if not key.endswith(PICKLES):
        raise InputError(f"s3://{bucket}/{key} is not a pickle: {' or '.join(PICKLES)} is expected")
    if key.startswith("results/"):
        raise InputError(
            f"s3://{bucket}/{key} is a model manager, which holds live models and no statements:"
            " import the model, then let update_model_manager.py make a round of it"
        )
    if _MODEL.fullmatch(key):
        return Pickle(bucket, key, Kind.MODEL)
    return Pickle(bucket, key, Kind.CORPUS if _CORPUS.fullmatch(key) else Kind.STATEMENTS)


def model_pickles(bucket: Bucket, model: str, every: bool = False) -> list[Pickle]:
    """Return the newest state of a model, and the pickles that its config's ``reading`` names.

    :param every: older states too, oldest first
    :raises MissingObjectError: if the model has no config, or there is neither.
    """
    states = [each.key for each in bucket.dated_keys(model_prefix(model), (_PKL,))]
    found = [pickle_at(bucket.name, key) for key in (states if every else states[-1:])]
    found += _other_files(bucket, model)
    if not found:
        raise MissingObjectError(
            f"s3://{bucket.name}/{model_prefix(model)}<date>.pkl does not exist, and the config"
            " names no pickle in reading.other_files"
        )
    return found


def corpus_pickles(bucket: Bucket, corpus: str, every: bool = False) -> list[Pickle]:
    """Return the newest dated version of a test corpus, else the undated one.

    :param every: all versions, the undated one first
    :raises MissingObjectError: if there is none.
    """
    plain = corpus_key(corpus).removesuffix(JSON_GZ) + _PKL
    keys = [key for key in bucket.keys(plain) if key == plain]
    keys += [each.key for each in bucket.dated_keys(corpus_prefix(corpus), (_PKL,))]
    if not keys:
        raise MissingObjectError(f"s3://{bucket.name}/{plain} does not exist, nor a dated one")
    return [pickle_at(bucket.name, key) for key in (keys if every else keys[-1:])]


def _other_files(bucket: Bucket, model: str) -> Iterable[Pickle]:
    config = load_config(bucket, model)
    entries = (config.document.get("reading") or {}).get("other_files") or []
    if not isinstance(entries, list):
        raise InputError(f"{config.where}: reading.other_files is not a list: {entries!r:.80}")
    for entry in entries:
        fields = entry if isinstance(entry, dict) else {}
        place, name = fields.get("bucket"), fields.get("filename")
        if not (isinstance(place, str) and isinstance(name, str)):
            raise InputError(
                f"{config.where}: reading.other_files: {entry} lacks bucket or filename"
            )
        if name.endswith(PICKLES):
            yield Pickle(place, name, Kind.STATEMENTS)
