"""Writes statistics with news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emmaa_cycle.s3_layout import config_key, corpus_stats_key, model_stats_key
from emmaa_jobs.bucket import Bucket


@dataclass(frozen=True)
class StatsWriter:
    """Writes statistics as the statistics job does, as far as notifications look."""

    bucket: Bucket

    def config(self, model: str, **fields: Any) -> None:
        document = {"search_terms": [], **fields}
        self.bucket.write_json(config_key(model), document)

    def model(
        self,
        model: str,
        date_str: str,
        *,
        papers: int = 0,
        statements: int = 0,
        lost: int = 1,
    ) -> None:
        document = {
            "model_delta": {"statements_hashes_delta": _delta("s", statements, lost)},
            "paper_delta": {
                "raw_paper_ids_delta": _delta("p", papers),
                "assembled_paper_ids_delta": _delta("p", papers),
            },
        }
        self.bucket.write_json(model_stats_key(model, date_str), document)

    def corpus(
        self,
        model: str,
        corpus: str,
        date_str: str,
        *,
        name: str | None = None,
        applied: int = 0,
        failed: int = 1,
        paths: list[list[Any]] | None = None,
        **passed: int,
    ) -> None:
        deltas = {mc: {"passed_hashes_delta": _delta("t", n, failed)} for mc, n in passed.items()}
        document = {
            "test_round_summary": {
                "test_data": {"name": name} if name else {},
                "path_stmt_counts": paths or [],
            },
            "tests_delta": {"applied_hashes_delta": _delta("t", applied), **deltas},
        }
        self.bucket.write_json(corpus_stats_key(model, corpus, date_str), document)


def _delta(letter: str, added: int, removed: int = 1) -> dict[str, list[str]]:
    return {
        "added": [f"{letter}{n}" for n in range(added)],
        "removed": [f"{letter}-gone{n}" for n in range(removed)],
    }
