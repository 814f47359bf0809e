"""The changes between two rounds of a model, statement by statement and test by test.

From the statistics of both (docs/reference/statistics.md), which name every statement and test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.printable import printable, printable_line

T = TypeVar("T")
_TEXT_LENGTH = 300
_PATH_LENGTH = 500
PASSED = "Pass"


@dataclass(frozen=True)
class Paper:
    """A paper that a statement is from.

    :param link: its address; empty if there is none that a browser may follow
    """

    name: str
    title: str = ""
    link: str = ""


@dataclass(frozen=True)
class Statement:
    """One statement of a round, in English.

    :param belief: from 0 to 1; None if it is unknown
    """

    hash: str
    sentence: str
    evidence: int = 0
    belief: float | None = None
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The result of a test with one model type.

    :param verdict: ``Pass``, ``Fail`` or ``n_a``
    :param text: the path that explains the test, or why there is none
    :param is_path: whether it is a path
    """

    verdict: str
    text: str = ""
    is_path: bool = False


@dataclass(frozen=True)
class Test:
    """One applied test of a corpus, with the verdict of each model type."""

    __test__ = False  # not a pytest class

    hash: str
    sentence: str
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True)
class StatementChanges:
    """Statements that one round has and the other has not, those with most evidence first."""

    added: tuple[Statement, ...] = ()
    removed: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class TestChange:
    """A test of the later round, or of the earlier one if it is no longer applied.

    :param newly_passed: the model types by which it passes now and did not
    :param newly_failed: the model types by which it passed and does not now
    """

    __test__ = False

    test: Test
    newly_passed: tuple[str, ...] = ()
    newly_failed: tuple[str, ...] = ()
    is_applied: bool = True


@dataclass(frozen=True)
class CorpusChanges:
    """The tests of a corpus: newly failed ones first, then newly passed ones, then the others."""

    corpus: str
    types: tuple[str, ...] = ()
    tests: tuple[TestChange, ...] = field(default=())

    @property
    def newly_passed(self) -> int:
        """Return how many tests pass with a model type now and did not pass before."""
        return sum(bool(each.newly_passed) for each in self.tests)

    @property
    def newly_failed(self) -> int:
        """Return how many tests passed with a model type before and do not pass now."""
        return sum(bool(each.newly_failed) for each in self.tests)


def round_statements(document: Any) -> dict[str, Statement]:
    """Return the statements of a ``model_stats`` document by hash.

    :raises InputError: if it is none.
    """
    return _read(lambda: _statements(document), "model statistics")


def round_tests(document: Any) -> dict[str, Test]:
    """Return the tests of a ``test_stats`` document by hash.

    :raises InputError: if it is none.
    """
    return _read(lambda: _tests(document["test_round_summary"]), "test statistics")


def statement_changes(
    now: Mapping[str, Statement], before: Mapping[str, Statement] | None
) -> StatementChanges:
    """Compare two rounds.

    :param before: None if there is no earlier round: then nothing changed
    """
    if before is None:
        return StatementChanges()
    return StatementChanges(
        _ordered(now[key] for key in now.keys() - before.keys()),
        _ordered(before[key] for key in before.keys() - now.keys()),
    )


def corpus_changes(
    corpus: str, now: Mapping[str, Test], before: Mapping[str, Test] | None
) -> CorpusChanges:
    """Compare two rounds' tests of a corpus.

    :param before: None if there is no earlier round: then no verdict is new
    """
    earlier = {} if before is None else before
    changes = [_test_change(test, earlier.get(key), before is None) for key, test in now.items()]
    for key in earlier.keys() - now.keys():
        lost = tuple(kind for kind, each in earlier[key].verdicts.items() if _passes(each))
        changes.append(TestChange(earlier[key], (), lost, is_applied=False))
    changes.sort(
        key=lambda each: (
            not each.newly_failed,
            not each.newly_passed,
            each.test.sentence,
            each.test.hash,
        )
    )
    types = dict.fromkeys(kind for each in changes for kind in each.test.verdicts)
    return CorpusChanges(corpus, tuple(types), tuple(changes))


def _test_change(test: Test, before: Test | None, is_first: bool) -> TestChange:
    if is_first:
        return TestChange(test)
    earlier = before.verdicts if before else {}
    passed = {kind for kind, each in test.verdicts.items() if _passes(each)}
    had_passed = {kind for kind, each in earlier.items() if _passes(each)}
    # A model type that one of the rounds does not have has no news.
    common = set(test.verdicts) & set(earlier) if before else set(test.verdicts)
    order = [kind for kind in test.verdicts if kind in common]
    return TestChange(
        test,
        tuple(kind for kind in order if kind in passed - had_passed),
        tuple(kind for kind in order if kind in had_passed - passed),
    )


def _passes(verdict: Verdict) -> bool:
    return verdict.verdict == PASSED


def _ordered(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted(statements, key=lambda each: (-each.evidence, each.sentence, each.hash)))


def _statements(document: Any) -> dict[str, Statement]:
    summary, papers = document["model_summary"], document.get("paper_summary") or {}
    evidence = {str(key): int(count) for key, count in summary.get("stmts_by_evidence") or ()}
    sources, beliefs = _papers(papers), _beliefs(summary)
    return {
        str(key): Statement(
            _line(str(key)),
            _line(entry[1]),
            evidence.get(str(key), 0),
            beliefs.get(str(key)),
            tuple(sources.get(str(key), ())),
        )
        for key, entry in summary["all_stmts"].items()
    }


def _beliefs(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the belief of each statement, by its hash.

    They stand in the order of the statements, unless two of these have one hash.
    """
    values = summary.get("assembled_beliefs") or ()
    if len(values) != len(summary["all_stmts"]):
        return {}
    pairs = zip(summary["all_stmts"], values, strict=True)
    return {str(key): round(float(value), 3) for key, value in pairs if 0 <= value <= 1}


def _papers(summary: Mapping[str, Any]) -> dict[str, list[Paper]]:
    """Return the papers of each statement, by its hash."""
    titles, links = summary.get("paper_titles") or {}, summary.get("paper_links") or {}
    found: dict[str, list[Paper]] = {}
    for name, hashes in (summary.get("stmts_by_paper") or {}).items():
        link = links.get(name) or [""]
        paper = Paper(_line(str(name)), _line(titles.get(name) or ""), _safe_link(link[0]))
        for key in hashes:
            found.setdefault(str(key), []).append(paper)
    return found


def _safe_link(link: Any) -> str:
    """Return an address that a browser may follow: ``javascript:`` and the like are none."""
    try:
        parts = urlsplit(str(link))
    except ValueError:
        return ""
    followed = parts.scheme in ("http", "https") and parts.netloc and printable(link) == link
    return str(link) if followed else ""


def _tests(summary: Mapping[str, Any]) -> dict[str, Test]:
    return {
        str(key): Test(
            _line(str(key)),
            _line(entry["test"][1]),
            {_line(kind): _verdict(each) for kind, each in entry.items() if kind != "test"},
        )
        for key, entry in summary["all_test_results"].items()
    }


def _verdict(entry: Any) -> Verdict:
    verdict, explanation = entry[0], entry[1] if len(entry) > 1 else ""
    is_path = isinstance(explanation, list) and bool(explanation)
    if isinstance(explanation, list):
        explanation = explanation[0]["path"] if explanation else ""
    return Verdict(_line(verdict), printable_line(str(explanation), _PATH_LENGTH), is_path)


def _line(text: Any) -> str:
    """Return a text on one line; what is none is shown as it is, for it costs nothing else."""
    return printable_line(text if isinstance(text, str) else f"{text!r:.80}", _TEXT_LENGTH)


def _read(make: Callable[[], T], what: str) -> T:
    try:
        return make()
    except ODD_CONTENT as error:
        raise InputError(f"these are no {what}: {type(error).__name__}: {error}") from None
