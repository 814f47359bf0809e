"""Changes of a round that only the full form of a mail reports.

The short form and tweets say what a model learned from papers and explains now, as the original's
do. A round may also lose statements or passing tests, or gain statements without a new paper, for
example after a change of its config.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from emmaa_cycle.errors import InputError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.messages import (
    ModelMessage,
    corpus_name,
    counted,
    ledger_item,
    model_type_name,
)
from emmaa_jobs.notifications.round_stats import RoundStats, StatsFile


def change_messages(
    model: str, stats: RoundStats, links: Links, left_out: LeftOutList
) -> list[ModelMessage]:
    """Return the changes beyond those of :func:`messages.model_messages`.

    :param left_out: gets the changes that cannot be read
    """
    messages = []
    for change in _changes(model, stats, links):
        try:
            message = change.read()
        except InputError as error:
            left_out.add("result", change.name, str(error), change.key)
        else:
            messages += [message] if message else []
    return messages


@dataclass(frozen=True)
class _Change:
    """A change that a round may have.

    :param name: of what is left out if the statistics cannot be read
    :param key: the statistics
    :param read: returns None if there is no such change
    """

    name: str
    key: str
    read: Callable[[], ModelMessage | None]


def _changes(model: str, stats: RoundStats, links: Links) -> Iterator[_Change]:
    if stats.has_model_news:
        page = links.statements(model, stats.model.date_str)
        read = partial(_without_papers, model, stats.model, page)
        yield _Change("new statements", stats.model.key, read)
        read = partial(_lost_statements, model, stats.model, page.partition("#")[0])
        yield _Change("lost statements", stats.model.key, read)
    for corpus, of_corpus in stats.corpora.items():
        page = links.tests(model, corpus, of_corpus.date_str, "newPassedTests").partition("#")[0]
        for mc_type in of_corpus.tested_types():
            read = partial(_lost_tests, model, of_corpus, page, corpus, mc_type)
            yield _Change(f"lost tests of {corpus} with {mc_type}", of_corpus.key, read)


def _without_papers(model: str, stats: StatsFile, page: str) -> ModelMessage | None:
    if stats.count("paper_delta", "raw_paper_ids_delta", "added"):
        return None
    added = stats.count("model_delta", "statements_hashes_delta", "added")
    item = ledger_item(model, stats, "statements")
    count = counted(added, "new mechanism")
    middle = " without a new publication"
    return ModelMessage(item, page, "Today I learned ", count, middle) if added else None


def _lost_statements(model: str, stats: StatsFile, page: str) -> ModelMessage | None:
    lost = stats.count("model_delta", "statements_hashes_delta", "removed")
    item = ledger_item(model, stats, "lost")
    return ModelMessage(item, page, "Today I lost ", counted(lost, "mechanism")) if lost else None


def _lost_tests(
    model: str, stats: StatsFile, page: str, corpus: str, mc_type: str
) -> ModelMessage | None:
    lost = stats.count("tests_delta", mc_type, "passed_hashes_delta", "removed")
    item = ledger_item(model, stats, "failed", corpus, mc_type)
    count = counted(lost, "observation")
    name, type_name = corpus_name(corpus, stats), model_type_name(mc_type)
    middle = f" in the test corpus “{name}” with my {type_name} model"
    return ModelMessage(item, page, "Today I no longer explain ", count, middle) if lost else None
