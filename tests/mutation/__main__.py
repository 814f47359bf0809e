"""Mutation testing: change the code in small ways, and see whether a test notices.

``python -m tests.mutation --mutants 300 --seed 1``; see docs/testing.md.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.mutation.mutants import Mutant, Sampler, modules
from tests.mutation.results import Results
from tests.mutation.trial import Tree, Trial, Verdict

REPOSITORY = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Try a sample of mutants; 1 if too many survive, 2 if too few could be tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--mutants", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--gate", type=float, default=92.0, help="percentage to be killed (92)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="at once")
    parser.add_argument("--results", type=Path, help="file with earlier results, continued")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no mutant later")
    parser.add_argument("only", nargs="*", help="folders or modules; all packages if none")
    options = parser.parse_args(argv)
    sample = Sampler(REPOSITORY, modules(REPOSITORY, options.only), options.seed).draw(
        options.mutants
    )
    results = Results(REPOSITORY, options.results)
    started = time.monotonic()
    untried = results.untried(sample) if options.minutes > 0 else []
    for trial in _tried(untried, options.workers, started + 60 * options.minutes):
        results.add(trial)
        print(f"{trial.verdict:9} {trial.mutant}  {trial.why}", flush=True)
    code = report(results.of(sample), options.gate, time.monotonic() - started)
    left = len(sample) - len(results.of(sample))
    if left:
        print(f"{left} of {len(sample)} mutants are left: the same command continues")
    return code


def report(trials: Sequence[Trial], gate: float, seconds: float) -> int:
    """Print what survived and the score, and return the exit code."""
    counts = Counter(trial.verdict for trial in trials)
    for verdict in (Verdict.UNTESTED, Verdict.SURVIVED):
        for trial in sorted(trials, key=lambda trial: str(trial.mutant)):
            if trial.verdict is verdict:
                print(f"{verdict}: {trial.mutant} {trial.why}\n{_difference(trial.mutant)}")
    tried = counts[Verdict.KILLED] + counts[Verdict.SURVIVED]
    score = 100 * counts[Verdict.KILLED] / tried if tried else 0.0
    print(
        f"{tried} mutants in {seconds:.0f} s: {score:.1f} % killed, {counts[Verdict.SURVIVED]}"
        f" survived, {counts[Verdict.UNTESTED]} more untested (gate {gate:g} %)"
    )
    if counts[Verdict.UNTESTED] > len(trials) / 20:
        return 2
    return 0 if score >= gate else 1


def _tried(sample: Sequence[Mutant], workers: int, until: float) -> Iterator[Trial]:
    """Try mutants, each worker in its copy of the repository, until a time of the clock."""
    trees: queue.Queue[Tree] = queue.Queue()

    def try_out(mutant: Mutant) -> Trial | None:
        if time.monotonic() > until:
            return None
        tree = trees.get()
        try:
            return tree.try_out(mutant)
        finally:
            trees.put(tree)

    with (
        tempfile.TemporaryDirectory(prefix="emmaa-mutants-") as folder,
        ThreadPoolExecutor(workers) as pool,
    ):
        for number in range(min(workers, len(sample))):
            trees.put(Tree(REPOSITORY, Path(folder) / str(number)))
        tried = [pool.submit(try_out, mutant) for mutant in sample]
        trials = (future.result() for future in as_completed(tried))
        yield from (trial for trial in trials if trial is not None)


def _difference(mutant: Mutant) -> str:
    source = (REPOSITORY / mutant.path).read_text(encoding="utf-8")
    before, after = source.splitlines(), mutant.apply(source).splitlines()
    line = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    return f"    - {before[line].strip()}\n    + {after[line].strip()}"


if __name__ == "__main__":
    sys.exit(main())
