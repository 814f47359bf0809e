"""Measure the Batch jobs and print a table: start-up, speed against plain INDRA, growth.

Run it with ``make bench-jobs``. docs/benchmarks.md describes what is measured and how. Agents'
names decide which tests apply (``test_connector: scope``); the default, ``refinement``, asks the
ontology as well.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import platform
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jobs.measure import Cost
from benchmarks.jobs.real_size import report_days
from benchmarks.jobs.report import Report
from benchmarks.jobs.round import CONFIG, Round, differences
from benchmarks.jobs.stage import Stage, stage
from benchmarks.jobs.start import Starts

SIZES = (1_000, 5_000, 20_000, 50_000)
TESTS = 500
#: The goals: seconds to start, share of the plain script's time, MB, and the power of growth.
MAX_START, MAX_SHARE, MAX_PEAK, MAX_EXPONENT = 1.5, 0.15, 2_560, 1.2


@dataclass(frozen=True)
class Measured:
    """The jobs on a model of one size.

    :param assembled: the number of assembled statements
    """

    made: Round
    assembled: int
    manager: Cost
    tests: Cost

    @property
    def both(self) -> Cost:
        """Manager and tests, one after the other."""
        return self.manager + self.tests


def main() -> int:
    """Measure everything; the exit code is 1 if a goal is missed or results differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="raw statements")
    parser.add_argument("--no-plain", action="store_true", help="leave the plain script out")
    parser.add_argument("--no-days", action="store_true", help="leave models of real size out")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    report = Report()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {_load()} at the start")
    with tempfile.TemporaryDirectory(prefix="emmaa-bench-") as folder, stage(Path(folder)) as place:
        measured = [_measure(place, size) for size in sorted(options.sizes)]
        _growth(report, measured)
        _start(report, place, measured[0].made)
        if not options.no_plain:
            for each in measured:
                _against_plain_indra(report, each, speed=each is measured[-1])
        if not options.no_days:
            report_days(report, place)
    print(f"\n{_load()} at the end")
    return 1 if report.missed else 0


def _measure(place: Stage, size: int) -> Measured:
    made = Round(place, size, TESTS)
    made.prepare()
    manager, tests = made.manage(), made.test()
    return Measured(made, len(made.outcome().statements), manager, tests)


def _growth(report: Report, measured: list[Measured]) -> None:
    columns = ("assembled", "manager, s", "tests, s", "CPU, s", "peak, MB")
    connector = CONFIG["test"]["test_connector"]
    title = f"Manager and {TESTS} tests of both graph types (test_connector: {connector})"
    report.head(title, "raw statements", *columns)
    for each in measured:
        both = each.both
        seconds = (f"{each.manager.seconds:.1f}", f"{each.tests.seconds:.1f}", f"{both.cpu:.1f}")
        report.rows((f"{each.made.raw:,}", f"{each.assembled:,}", *seconds, f"{both.peak_mb:,.0f}"))
    report.goal(
        f"peak memory of {MAX_PEAK:,} MB at most",
        measured[-1].both.peak_mb <= MAX_PEAK,
    )
    _exponents(report, measured)


def _exponents(report: Report, measured: list[Measured]) -> None:
    """With which power of the raw statements CPU time grows, between sizes and over all.

    What a process costs before it does any work (imports, resources: see the table of whole
    processes) makes small sizes look flatter than the work is, so the largest two count as well.
    """
    if len(measured) < 2:
        return
    pairs = list(itertools.pairwise(measured))
    if len(pairs) > 1:
        pairs.append((measured[0], measured[-1]))
    report.head("Growth of CPU time", "raw statements", "factor", "power")
    for small, large in pairs:
        sizes = f"{small.made.raw:,} to {large.made.raw:,}"
        factor = large.both.cpu / small.both.cpu
        report.rows((sizes, f"{factor:.1f}", f"{_power(small, large):.2f}"))
    steepest = max(_power(small, large) for small, large in pairs)
    report.goal(
        f"near-linear cost: the power is {steepest:.2f} at most, between any two neighbouring"
        f" sizes and over the whole range (goal {MAX_EXPONENT}; what a process costs without any"
        " work flattens the small sizes)",
        steepest <= MAX_EXPONENT,
    )


def _power(small: Measured, large: Measured) -> float:
    return math.log(large.both.cpu / small.both.cpu) / math.log(large.made.raw / small.made.raw)


def _start(report: Report, place: Stage, small: Round) -> None:
    second = Round(place, small.raw + 200, TESTS)
    second.prepare()
    second.manage()
    second.test()
    starts = Starts(place, small, second)
    starts.prepare()
    report.head("Whole processes on a small model", "job", "s", "CPU, s", "peak, MB")
    costs = starts.measure()
    for name, cost in costs.items():
        report.rows((name, f"{cost.seconds:.2f}", f"{cost.cpu:.2f}", f"{cost.peak_mb:,.0f}"))
    slowest = max(cost.seconds for cost in costs.values())
    report.goal(f"start-up in {MAX_START} s at most", slowest <= MAX_START)


def _against_plain_indra(report: Report, ours: Measured, *, speed: bool) -> None:
    """Compare results and costs; only with ``speed``, where work outweighs start-up, has a goal."""
    plain = ours.made.run_plain_script()
    columns = ("plain INDRA", "manager", "tests", "both", "share")
    title = f"Against a plain INDRA script, {ours.made.raw:,} raw statements"
    report.head(title, "", *columns)
    costs = (plain, ours.manager, ours.tests, ours.both)
    share, cpu = ours.both.seconds / plain.seconds, ours.both.cpu / plain.cpu
    report.rows(
        ("s", *(f"{cost.seconds:.1f}" for cost in costs), f"{share:.2f}"),
        ("CPU, s", *(f"{cost.cpu:.1f}" for cost in costs), f"{cpu:.2f}"),
        ("peak, MB", *(f"{cost.peak_mb:,.0f}" for cost in costs), ""),
    )
    if speed:
        print(f"\nThe plain script's way:\n\n```\n{ours.made.plain_steps()}\n```")
        report.goal(f"at most {MAX_SHARE} of the plain script's time", share <= MAX_SHARE)
    found = differences(ours.made.outcome(), ours.made.plain_outcome())
    report.goal("the same statements, evidence, beliefs, result codes and paths", not found)
    for difference in found[:20]:
        print(difference)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
