"""The changes of a round, item by item, for a model's mail.

They come from the statistics that the messages count. What cannot be read costs its own line or
section, because the counts say the same in short.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, TypeVar
from urllib.parse import urlsplit

from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.mail_parts import Details, Line, Paper, Rate, Section
from emmaa_jobs.notifications.messages import corpus_name, model_type_name
from emmaa_jobs.notifications.plain_text import one_line
from emmaa_jobs.notifications.round_stats import RoundStats, StatsFile

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: The longest sentence, title, path and address of a line; characters.
_SENTENCE, _TITLE, _PATH, _URL = 300, 140, 300, 300
#: Papers of one statement that a mail names.
_PAPERS = 2
#: Lines that are made of a section; no mail shows more.
MAX_LINES = 10
_NEW = ("new statement", "new statements")
_GONE = ("statement is gone", "statements are gone")
_PASSES = ("test newly passes", "tests newly pass")
_FAILS = ("test no longer passes", "tests no longer pass")


@dataclass(frozen=True)
class EarlierStats:
    """The statistics of the round before, which have the sentences of what is gone.

    :param model: None if there are none
    :param corpora: by corpus
    """

    model: StatsFile | None = None
    corpora: Mapping[str, StatsFile | None] = field(default_factory=dict)


def round_details(model: str, stats: RoundStats, before: EarlierStats, links: Links) -> Details:
    """Return what a round changed."""
    page = links.statements(model, stats.model.date_str)
    sections = [
        *_safe("new statements", lambda: _new(stats.model, page)),
        *_safe("statements that are gone", lambda: _gone(stats.model, before.model, page)),
    ]
    rates: list[Rate] = []
    for corpus, of_corpus in stats.corpora.items():
        name = attempt(functools.partial(corpus_name, corpus, of_corpus))
        results = _CorpusResults(
            one_line(corpus) if isinstance(name, Failed) else name,
            of_corpus,
            before.corpora.get(corpus),
            links.tests(model, corpus, of_corpus.date_str, "newPassedTests"),
        )
        sections += _safe(f"tests of {corpus}", results.sections)
        rates += _safe(f"pass rates of {corpus}", results.rates)
    number = attempt(lambda: int(stats.model.field("model_summary", "number_of_statements")))
    statements = "" if isinstance(number, Failed) else f"The model has {number:,} statements."
    return Details(tuple(each for each in sections if each.total), tuple(rates), statements)


def _safe(what: str, make: Callable[[], Iterable[T]]) -> list[T]:
    """Return what can be made; the mail goes out without the rest."""
    made = attempt(lambda: list(make()))
    if isinstance(made, Failed):
        logger.warning("the mail does not list %s: %s", what, made.reason)
        return []
    return made


def _new(stats: StatsFile, page: str) -> Iterator[Section]:
    added = _hashes(stats.field("model_delta", "statements_hashes_delta", "added"))
    lines = _statements(stats, added)
    yield Section("New statements", _NEW, lines, len(added), page)


def _gone(stats: StatsFile, before: StatsFile | None, page: str) -> Iterator[Section]:
    removed = _hashes(stats.field("model_delta", "statements_hashes_delta", "removed"))
    lines = _statements(before, removed) if before else ()
    yield Section("Statements that are gone", _GONE, lines, len(removed), page.partition("#")[0])


def _statements(stats: StatsFile, hashes: Iterable[str]) -> tuple[Line, ...]:
    """Return the lines of the most certain statements: by belief, then by evidence."""
    found = attempt(lambda: stats.field("model_summary"))
    summary = found if isinstance(found, dict) else {}
    beliefs, evidence = _beliefs(summary), _evidence(summary)
    order = sorted(hashes, key=lambda each: (-beliefs.get(each, 0), -evidence.get(each, 0), each))
    papers = _papers(stats, set(order))
    sentences = _mapping(summary, "all_stmts")
    lines: list[Line] = []
    for number in order:
        text = attempt(functools.partial(_sentence, sentences, number))
        if isinstance(text, str) and text:
            note = _certainty(beliefs.get(number), evidence.get(number))
            lines.append(Line(text, note, papers.get(number, ())))
        if len(lines) == MAX_LINES:
            break
    return tuple(lines)


def _sentence(sentences: Mapping[str, Any], number: str) -> str:
    return one_line(sentences[number][1], _SENTENCE)


def _beliefs(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return beliefs by statement; they stand in the statements' order, and else are unknown."""
    values, statements = summary.get("assembled_beliefs"), _mapping(summary, "all_stmts")
    if not isinstance(values, list) or len(values) != len(statements):
        return {}
    return {key: each for key, each in zip(statements, values, strict=True) if _is_ratio(each)}


def _evidence(summary: Mapping[str, Any]) -> dict[str, int]:
    counts = attempt(lambda: {str(h): int(n) for h, n in summary["stmts_by_evidence"]})
    return {} if isinstance(counts, Failed) else counts


def _certainty(belief: float | None, evidence: int | None) -> str:
    of_belief = "" if belief is None else f"belief {belief:.2f}"
    pieces = "" if evidence is None else f"{evidence:,} piece{'s'[: evidence != 1]} of evidence"
    return ", ".join(filter(None, [of_belief, pieces]))


def _papers(stats: StatsFile, wanted: set[str]) -> dict[str, tuple[Paper, ...]]:
    """Return the papers of statements, by hash; none if the statistics do not have them."""
    found = attempt(lambda: stats.field("paper_summary"))
    if isinstance(found, Failed) or not isinstance(found, dict):
        return {}
    titles, links = _mapping(found, "paper_titles"), _mapping(found, "paper_links")
    papers: dict[str, tuple[Paper, ...]] = {}
    for paper, hashes in _mapping(found, "stmts_by_paper").items():
        for number in map(str, hashes if isinstance(hashes, list) else ()):
            if number in wanted and len(papers.get(number, ())) < _PAPERS:
                title = one_line(titles.get(paper) or paper, _TITLE)
                named = Paper(title, _web_address(links.get(paper)))
                papers[number] = (*papers.get(number, ()), named)
    return papers


def _web_address(link: object) -> str:
    url = link[0] if isinstance(link, list) and link else ""
    if not isinstance(url, str) or len(url) > _URL or not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


@dataclass(frozen=True)
class _CorpusResults:
    """The results of a round's tests of a corpus.

    :param name: for people
    :param before: the round before; None if there are no statistics of it
    :param page: where they are shown
    """

    name: str
    stats: StatsFile
    before: StatsFile | None
    page: str

    def sections(self) -> Iterator[Section]:
        """Yield the tests whose result is another one now."""
        for kind, title, words in (
            ("added", "Tests that pass now", _PASSES),
            ("removed", "Tests that no longer pass", _FAILS),
        ):
            changed = self._changed(kind)
            made = [_safe("a test", functools.partial(self._line, *each)) for each in changed]
            lines = tuple(line for each in made for line in each)[:MAX_LINES]
            yield Section(f"{title} (“{self.name}”)", words, lines, len(changed), self.page)

    def rates(self) -> Iterator[Rate]:
        """Yield the pass rate of each model type."""
        summary = self.stats.field("test_round_summary")
        for mc_type in self.stats.tested_types():
            of_type = summary.get(mc_type)
            if isinstance(of_type, dict) and _is_ratio(ratio := of_type.get("passed_ratio")):
                before = attempt(functools.partial(self._ratio_before, mc_type))
                earlier = 100.0 * before if _is_ratio(before) else None
                passed, applied = (
                    of_type.get("number_passed_tests"),
                    summary.get("number_applied_tests"),
                )
                known = isinstance(passed, int) and isinstance(applied, int)
                counts = f"{passed:,} of {applied:,}" if known else ""
                label = f"{self.name}, {model_type_name(mc_type)}"
                yield Rate(label, 100.0 * ratio, earlier, counts)

    def _ratio_before(self, mc_type: str) -> object:
        return self.stats.document["changes_over_time"][mc_type]["passed_ratio"][-2]

    def _changed(self, kind: str) -> list[tuple[str, list[str]]]:
        """Return the tests that changed, each with its model types, those of most types first."""
        found: dict[str, list[str]] = {}
        for mc_type in self.stats.tested_types():
            hashes = functools.partial(self._hashes, mc_type, kind)
            for number in _safe(f"tests of {mc_type}", hashes):
                found.setdefault(number, []).append(mc_type)
        return sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))

    def _hashes(self, mc_type: str, kind: str) -> list[str]:
        return _hashes(self.stats.field("tests_delta", mc_type, "passed_hashes_delta", kind))

    def _line(self, number: str, mc_types: list[str]) -> Iterator[Line]:
        result = _mapping(self.stats.field("test_round_summary"), "all_test_results").get(number)
        names = ", ".join(map(model_type_name, mc_types))
        if result is not None:
            note = attempt(lambda: _explanation(result[mc_types[0]][1]))
            why = "" if isinstance(note, Failed) else note
            yield Line(f"{one_line(result['test'][1], _SENTENCE)} ({names})", why)
        elif self.before is not None:
            earlier = self.before.field("test_round_summary", "all_test_results")[number]
            sentence = one_line(earlier["test"][1], _SENTENCE)
            yield Line(f"{sentence} ({names})", "The test no longer applies.")


def _explanation(found: Any) -> str:
    """Return the path that explains a test, or why there is none."""
    first = found[0] if isinstance(found, list) and found else found
    text = first.get("path", "") if isinstance(first, dict) else first
    return one_line(text, _PATH) if isinstance(text, str) else ""


def _is_ratio(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _hashes(values: object) -> list[str]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r:.80} is not a list")
    return [str(value) for value in values]


def _mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
