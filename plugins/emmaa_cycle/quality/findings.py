"""Judgement of a round by its statistics (docs/reference/statistics.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.overview.changes import (
    corpus_changes,
    round_statements,
    round_tests,
    statement_changes,
)
from emmaa_cycle.printable import printable_line
from emmaa_cycle.quality_rules import QualityRules

T = TypeVar("T")
Kind = Literal["lost_statements", "pass_rate", "no_papers", "unreadable"]
#: Changed statements or tests that a finding names.
MAX_EXAMPLES = 10
#: Model types are those parts of a corpus' statistics that have this count.
_PASSED = "number_passed_tests"
#: Ratios are floating-point numbers: 0.8 - 0.7 must not be more than 10 points.
_ROUNDING = 1e-6
_LINE = 300


@dataclass(frozen=True)
class Finding:
    """A limit that a round breaks.

    :param corpus: the test corpus that it is about; empty for the model itself
    :param sentence: what is wrong, with the limit
    :param examples: what changed, in English
    :param more: how many changes are not among the examples
    """

    kind: Kind
    sentence: str
    corpus: str = ""
    examples: tuple[str, ...] = ()
    more: int = 0


def judge_model(rules: QualityRules, statistics: Any, before: Any = None) -> list[Finding]:
    """Return the limits that a round's model statistics break.

    :param before: the earlier round's statistics, for examples; none are given without
    :raises InputError: if the statistics are none.
    """
    found = _read(lambda: [*_lost(rules, statistics), *_no_papers(rules, statistics)])
    return [_with_lost(finding, statistics, before) for finding in found]


def judge_corpus(
    rules: QualityRules, corpus: str, statistics: Any, before: Any = None
) -> list[Finding]:
    """Return the limits that a corpus' statistics break, one for each model type.

    :param before: the earlier round's statistics, for examples; none are given without
    :raises InputError: if the statistics are none.
    """
    fallen = _read(lambda: dict(_falls(rules, statistics)))
    return [
        _with_failed(
            Finding("pass_rate", f"{corpus}, {kind}: {text}", corpus), kind, statistics, before
        )
        for kind, text in fallen.items()
    ]


def unreadable(what: str, reason: object, corpus: str = "") -> Finding:
    """Return the finding that something cannot be judged."""
    sentence = f"{what} cannot be judged: {reason}"
    return Finding("unreadable", printable_line(sentence, _LINE), corpus)


def previous_date(statistics: Any) -> str:
    """Return the ``<dt>`` of the round that statistics compare with; empty if there is none."""
    try:
        date = str(statistics["changes_over_time"]["dates"][-2])
        parse_round(date)
    except (AttributeError, IndexError, KeyError, TypeError, InputError):
        return ""
    return date


def _lost(rules: QualityRules, statistics: Any) -> Iterator[Finding]:
    count = int(statistics["model_summary"]["number_of_statements"])
    delta = statistics["model_delta"]["statements_hashes_delta"]
    lost = len(delta["removed"])
    before = count - len(delta["added"]) + lost
    if before > 0 and 100 * lost > rules.lost_percent * before * (1 + _ROUNDING):
        share = f"{_number(100 * lost / before)} %, the limit is {_number(rules.lost_percent)} %"
        yield Finding("lost_statements", f"lost {lost} of {before} statements ({share})")


def _no_papers(rules: QualityRules, statistics: Any) -> Iterator[Finding]:
    if not rules.days_without_papers:
        return
    if statistics["paper_delta"]["raw_paper_ids_delta"]["added"]:
        return
    series = statistics["changes_over_time"]
    counts, dates = series["number_of_raw_papers"], [parse_round(d) for d in series["dates"]]
    if len(counts) != len(dates) or len(dates) < 2:
        return
    newest = _last_growth(counts, dates)
    limit = timedelta(days=rules.days_without_papers)
    # Reported by the first round that breaks the limit, not by each round after it.
    if dates[-2] - newest <= limit < dates[-1] - newest:
        days = (dates[-1] - newest).days
        yield Finding(
            "no_papers",
            f"no new paper for {days} days, since {newest:%Y-%m-%d}"
            f" (the limit is {_number(rules.days_without_papers)} days)",
        )


def _last_growth(counts: Sequence[Any], dates: Sequence[datetime]) -> datetime:
    """Return when the number of papers last grew; the first date if it never did."""
    for index in range(len(counts) - 1, 0, -1):
        if int(counts[index] or 0) > int(counts[index - 1] or 0):
            return dates[index]
    return dates[0]


def _falls(rules: QualityRules, statistics: Any) -> Iterator[tuple[str, str]]:
    summary, over_time = statistics["test_round_summary"], statistics["changes_over_time"]
    news = statistics["tests_delta"]
    for kind, part in summary.items():
        if not (isinstance(part, Mapping) and _PASSED in part):
            continue
        series: Sequence[Any] = (over_time.get(kind) or {}).get("passed_ratio") or ()
        if len(series) < 2 or series[-2] is None:
            continue
        earlier = _EarlierTests.of(
            int(summary["number_applied_tests"]), int(part[_PASSED]), news, kind
        )
        if earlier.fall > rules.pass_rate_points + _ROUNDING:
            yield (
                printable_line(str(kind), _LINE),
                f"pass rate fell from {_number(earlier.rate_before)} %"
                f" to {_number(earlier.rate)} %{earlier.remark}"
                f" (the limit is {_number(rules.pass_rate_points)} points)",
            )


@dataclass(frozen=True)
class _EarlierTests:
    """The tests that applied in the earlier round, by which both rounds are compared.

    A test that applies for the first time says nothing about a fall. One that no longer applies
    does not pass.

    :param passed_before: how many of them passed then
    :param passed: how many of them pass now
    :param is_all: whether the round has the same tests
    """

    applied: int
    passed_before: int
    passed: int
    is_all: bool

    @classmethod
    def of(cls, applied: int, passed: int, news: Mapping[str, Any], kind: str) -> _EarlierTests:
        """Count them by what changed, of the round's applied and passed tests."""
        tests, verdicts = news["applied_hashes_delta"], news[kind]["passed_hashes_delta"]
        new, gone = {*map(str, tests["added"])}, tests["removed"]
        passes_anew = [*map(str, verdicts["added"])]
        return cls(
            applied=applied - len(new) + len(gone),
            passed_before=passed - len(passes_anew) + len(verdicts["removed"]),
            passed=passed - sum(number in new for number in passes_anew),
            is_all=not new and not gone,
        )

    @property
    def rate_before(self) -> float:
        """Return the earlier round's pass rate, in percent."""
        return 100 * self.passed_before / self.applied if self.applied > 0 else 0.0

    @property
    def rate(self) -> float:
        """Return how many percent of them pass now."""
        return 100 * self.passed / self.applied if self.applied > 0 else 0.0

    @property
    def fall(self) -> float:
        """Return the fall, in percentage points."""
        return self.rate_before - self.rate

    @property
    def remark(self) -> str:
        """Return which tests the rates are of, if the round has others."""
        return "" if self.is_all else f" of the {self.applied} tests that applied before"


def _with_lost(finding: Finding, now: Any, before: Any) -> Finding:
    if finding.kind != "lost_statements" or before is None:
        return finding
    try:
        lost = statement_changes(round_statements(now), round_statements(before)).removed
    except InputError:
        return finding  # the numbers stand without examples
    return _with_examples(finding, (statement.sentence for statement in lost))


def _with_failed(finding: Finding, kind: str, now: Any, before: Any) -> Finding:
    if before is None:
        return finding
    try:
        changes = corpus_changes(finding.corpus, round_tests(now), round_tests(before))
    except InputError:
        return finding
    failed = (each for each in changes.tests if kind in each.newly_failed)
    return _with_examples(
        finding,
        (f"{e.test.sentence}{'' if e.is_applied else ' (not applied any more)'}" for e in failed),
    )


def _with_examples(finding: Finding, sentences: Iterable[str]) -> Finding:
    lines = list(sentences)
    shown = tuple(lines[:MAX_EXAMPLES])
    return Finding(finding.kind, finding.sentence, finding.corpus, shown, len(lines) - len(shown))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _read(make: Callable[[], T]) -> T:
    try:
        return make()
    except ODD_CONTENT as error:
        raise InputError(f"these are no statistics: {type(error).__name__}: {error}") from None
