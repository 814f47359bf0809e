"""The numbers of a round in one sentence, from the statistics of its jobs."""

from __future__ import annotations

from typing import Any

#: The parts of a corpus's statistics with this count are model types, in the config's order.
_PASSED = "number_passed_tests"


def statements(stats: Any) -> str:
    """Return ``22 statements (+5 −1)`` of a model's statistics.

    :raises KeyError, TypeError: if they are not statistics of a model
    """
    count = int(stats["model_summary"]["number_of_statements"])
    delta = stats["model_delta"]["statements_hashes_delta"]
    noun = "statement" if count == 1 else "statements"
    return f"{count} {noun}{_change(len(delta['added']), len(delta['removed']))}"


def passed_tests(corpus: str, stats: Any) -> str:
    """Return ``ras_textbook_tests 5/8 (+2)`` of a corpus' statistics, by the first model type.

    :raises KeyError, TypeError: if they are not statistics of a corpus
    """
    summary = stats["test_round_summary"]
    applied = int(summary["number_applied_tests"])
    types = (name for name, part in summary.items() if isinstance(part, dict) and _PASSED in part)
    first = next(types, None)
    if first is None:
        return f"{corpus} {applied} applied"
    delta = stats["tests_delta"][first]["passed_hashes_delta"]
    change = _change(len(delta["added"]), len(delta["removed"]))
    return f"{corpus} {summary[first][_PASSED]}/{applied}{change}"


def _change(added: int, removed: int) -> str:
    parts = [f"+{added}"] if added else []
    parts += [f"\N{MINUS SIGN}{removed}"] if removed else []
    return f" ({' '.join(parts)})" if parts else ""
