"""The models and test corpora that a person names, by folder or by display name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.s3_layout import corpus_stats_prefix
from emmaa_cycle.suggestions import did_you_mean, listed, quoted

_READERS = 16


def named_models(reader: BucketReader, names: Sequence[str]) -> list[str]:
    """Return the models of the bucket with these names, in the bucket's order.

    Configs are read only if a name is not the name of a folder.

    :raises InputError: if a name matches no model, or more than one; the message has suggestions.
    """
    models = reader.models()
    titles = _Titles(lambda: _titles(models, lambda model: _title(reader, model)))
    found = {_resolved("model", name, models, titles, f"s3://{reader.bucket}") for name in names}
    return [model for model in models if model in found]


def named_corpora(
    reader: BucketReader, config: ModelConfig, model: str, names: Sequence[str]
) -> list[str]:
    """Return the test corpora of a model with these names, in the order of its config.

    :raises InputError: as :func:`named_models`.
    """
    corpora = config.test.test_corpus
    titles = _Titles(lambda: _titles(corpora, lambda corpus: _corpus_title(reader, model, corpus)))
    where = f"the config.json of the model {model!r} (field test.test_corpus)"
    found = {_resolved("test corpus", name, corpora, titles, where) for name in names}
    return [corpus for corpus in corpora if corpus in found]


class _Titles:
    """Display names, by the names that they stand for; they are read when first needed."""

    def __init__(self, read: Callable[[], dict[str, str]]) -> None:
        self._read = read
        self._titles: dict[str, str] | None = None

    def get(self) -> dict[str, str]:
        """Return the display names, which are read once."""
        if self._titles is None:
            self._titles = self._read()
        return self._titles


def _resolved(kind: str, name: str, known: Sequence[str], titles: _Titles, where: str) -> str:
    for exact in (name, name.strip()):
        if exact in known:
            return exact
    shown = titles.get()
    meant = [each for each, title in shown.items() if _folded(title) == _folded(name)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(
            f"{quoted(name)} is the name of more than one {kind}: choose {listed(meant)}"
        )
    by_title = {title: each for each, title in shown.items()}
    hint = did_you_mean(name, [*known, *by_title])
    raise InputError(f"no such {kind}: {quoted(name)}{hint}; {where} has {listed(known)}")


def _folded(text: str) -> str:
    """Return the normal form of a name, because a paste may change its characters."""
    text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split()).casefold()


def _titles(names: Sequence[str], title: Callable[[str], str]) -> dict[str, str]:
    with ThreadPoolExecutor(_READERS) as pool:
        found: Iterable[str] = pool.map(title, names)
        return {name: text for name, text in zip(names, found, strict=True) if text}


def _title(reader: BucketReader, model: str) -> str:
    """Return a model's display name, or none if its config cannot be read."""
    try:
        return reader.config(model).title(model)
    except (InputError, ClientError, BotoCoreError):
        return ""


def _corpus_title(reader: BucketReader, model: str, corpus: str) -> str:
    """Return the corpus's name in the model's newest statistics."""
    try:
        document = reader.newest_json(corpus_stats_prefix(model, corpus))
        return str(document["test_round_summary"]["test_data"]["name"])
    except (InputError, ClientError, BotoCoreError, KeyError, TypeError):
        return ""
