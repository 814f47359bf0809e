"""A model's news as messages, in the first person.

A message is made of an opening, a part that counts what is new (in a mail it is the link), a
middle, and a pointer to the page that shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.plain_text import one_line
from emmaa_jobs.notifications.round_stats import RoundStats, StatsFile

_MODEL_TYPES = {
    "pysb": "PySB",
    "pybel": "PyBEL",
    "signed_graph": "Signed Graph",
    "unsigned_graph": "Unsigned Graph",
    "dynamic": "Dynamic",
}


def model_type_name(mc_type: str) -> str:
    """Return a model type's name for people."""
    return _MODEL_TYPES.get(mc_type) or one_line(mc_type.replace("_", " ").title())


@dataclass(frozen=True)
class Style:
    """The names in a message: a tweet has less room than a mail, and names accounts.

    :param type_name: the name of a model type
    :param corpus_name: the name of a test corpus, of the full one
    """

    type_name: Callable[[str], str] = model_type_name
    corpus_name: Callable[[str], str] = one_line


_PLAIN = Style()
#: For statistics that are only tried.
_NOWHERE = Links("")


@dataclass(frozen=True)
class ModelMessage:
    """One piece of a model's news.

    :param item: what makes the piece unique, for the ledger
    """

    item: str
    url: str
    start: str
    delta_part: str
    middle: str = ""

    @property
    def message(self) -> str:
        """The whole as a sentence, with its URL."""
        return f"{self.start}{self.delta_part}{self.middle}. See {self.url}"

    def to_json(self) -> dict[str, str]:
        """Return the parts by the original's names: url, start, delta_part, middle, message."""
        return {
            "url": self.url,
            "start": self.start,
            "delta_part": self.delta_part,
            "middle": self.middle,
            "message": self.message,
        }


def model_messages(
    model: str, stats: RoundStats, links: Links, style: Style = _PLAIN
) -> list[ModelMessage]:
    """Return what a round added to a model, as tweets and the short form of mails report it.

    :raises InputError: if statistics lack a field, naming key and field.
    """
    messages = list(_statements(model, stats.model, links)) if stats.has_model_news else []
    for corpus, of_corpus in stats.corpora.items():
        messages += _tests(model, corpus, of_corpus, links, style)
    return messages


def readable_stats(model: str, stats: RoundStats, left_out: LeftOutList) -> RoundStats:
    """Return the statistics that messages can be made of.

    :param left_out: gets the corpora, and the model's own statistics, that cannot be read
    :raises InputError: if nothing can be read, naming key and field.
    """
    corpora = {}
    for corpus, of_corpus in stats.corpora.items():
        try:
            of_corpus.path_counts()
            list(_tests(model, corpus, of_corpus, _NOWHERE, _PLAIN))
            corpora[corpus] = of_corpus
        except InputError as error:
            left_out.add("corpus", corpus, str(error), of_corpus.key)
    if not stats.has_model_news:
        return RoundStats(stats.model, corpora, has_model_news=False)
    try:
        list(_statements(model, stats.model, _NOWHERE))
    except InputError as error:
        if not corpora:
            raise
        left_out.add("result", "the model's statistics", str(error), stats.model.key)
        return RoundStats(stats.model, corpora, has_model_news=False)
    return RoundStats(stats.model, corpora)


def _statements(model: str, stats: StatsFile, links: Links) -> Iterator[ModelMessage]:
    papers = stats.count("paper_delta", "raw_paper_ids_delta", "added")
    added = stats.count("model_delta", "statements_hashes_delta", "added")
    if papers and added:
        yield ModelMessage(
            item=ledger_item(model, stats, "statements"),
            url=links.statements(model, stats.date_str),
            start=f"Today I read {counted(papers, 'publication')} and learned ",
            delta_part=counted(added, "new mechanism"),
        )


def _tests(
    model: str, corpus: str, stats: StatsFile, links: Links, style: Style
) -> Iterator[ModelMessage]:
    name = style.corpus_name(_corpus_title(stats) or corpus)
    applied = stats.count("tests_delta", "applied_hashes_delta", "added")
    if applied:
        yield ModelMessage(
            item=ledger_item(model, stats, "applied", corpus),
            url=links.tests(model, corpus, stats.date_str, "newAppliedTests"),
            start="Today I applied ",
            delta_part=counted(applied, "new test"),
            middle=f" in the test corpus “{name}”",
        )
    for mc_type in stats.tested_types():
        passed = stats.count("tests_delta", mc_type, "passed_hashes_delta", "added")
        if passed:
            yield ModelMessage(
                item=ledger_item(model, stats, "passed", corpus, mc_type),
                url=links.tests(model, corpus, stats.date_str, "newPassedTests"),
                start="Today I explained ",
                delta_part=counted(passed, "new observation"),
                middle=f" in the test corpus “{name}” with my {style.type_name(mc_type)} model",
            )


def corpus_name(corpus: str, stats: StatsFile) -> str:
    """Return a corpus' name for people, on one line."""
    return one_line(_corpus_title(stats) or corpus)


def _corpus_title(stats: StatsFile) -> str:
    summary = stats.field("test_round_summary")
    test_data = summary.get("test_data") if isinstance(summary, dict) else None
    title = test_data.get("name") if isinstance(test_data, dict) else None
    return title if isinstance(title, str) else ""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``2 new tests``."""
    return f"{number} {noun}{'s' if number > 1 else ''}"


def ledger_item(model: str, stats: StatsFile, *parts: str) -> str:
    """Return the name of one piece of a round's news, which is sent once."""
    return json.dumps(["model", model, stats.date_str, *parts])
