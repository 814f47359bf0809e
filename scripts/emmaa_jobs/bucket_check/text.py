"""The report as people and as programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from emmaa_cycle.stages import Stage
from emmaa_jobs.bucket_check.findings import BucketReport, Daily, ModelReport

_COLUMNS = {
    "update": Stage.MODEL_UPDATE,
    "assembly": Stage.MM_UPDATE,
    "statistics": Stage.MODEL_STATS,
    "tests": Stage.TESTS,
    "test stats": Stage.TEST_STATS,
    "queries": Stage.QUERIES,
    "to tests": Stage.MODEL_TO_TESTS,
    "notify": Stage.NOTIFICATION,
}


def as_json(report: BucketReport) -> str:
    """One JSON document."""
    return json.dumps(report.to_json(), indent=1, ensure_ascii=False)


def as_text(report: BucketReport) -> str:
    """Return a table of the models, then a list of what needs fixing."""
    header = ["model", "daily", *_COLUMNS, "newest state"]
    rows = [header, *(_row(model) for model in report.models)]
    return "\n".join([*_table(rows), "", *_findings(report)])


def _row(model: ModelReport) -> list[str]:
    classes = [model.classes.get(stage, "-") for stage in _COLUMNS.values()]
    return [model.model, model.daily, *classes, model.newest.rpartition("/")[2] or "none"]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _findings(report: BucketReport) -> Iterator[str]:
    found = [model for model in report.models if model.findings]
    yield "Needs attention:" if found else "Nothing needs attention."
    for model in found:
        asleep = model.daily is Daily.NOTHING
        yield f"  {model.model}" + (" (no daily cycle runs it)" if asleep else "")
        for finding in model.findings:
            yield f"    {finding.cause}: {finding.key}: {finding.problem}"
            if finding.remedy:
                yield f"      -> {finding.remedy}"
