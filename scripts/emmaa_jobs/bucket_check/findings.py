"""The check's findings: plain records that become JSON as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.stages import STAGES


class NeedsAttentionError(InputError):
    """The bucket was read, and somebody has to change something before its models run here."""


class Daily(StrEnum):
    """The part that a model has in the daily cycle (docs/reference/model-config.md)."""

    UPDATE = "update"
    TESTS = "tests"
    NOTHING = "nothing"
    INVALID = "invalid"


class Cause(StrEnum):
    """The reason why something needs attention."""

    CONFIG = "config"
    PICKLE = "pickle"
    MISSING = "missing"
    #: An object that is there and that no job can use.
    UNREADABLE = "unreadable"
    #: A field for display only, without which the model runs but a page or mail does not work.
    DISPLAY = "display"
    #: A field that is read in another way than it is written, or by nothing.
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that would keep a model from running.

    :param key: the S3 key that it is about
    :param problem: what is wrong, naming the field where it is in a config
    :param remedy: a command or change that puts it right; empty where the problem says it
    """

    cause: Cause
    key: str
    problem: str
    remedy: str = ""


@dataclass(frozen=True)
class ModelReport:
    """One model.

    :param newest: the key of its newest state; empty if there is none
    :param classes: the resource class of each stage that would run for it
    :param corpora: the test corpora that it is tested against
    """

    model: str
    daily: Daily
    newest: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    corpora: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def needs_attention(self) -> bool:
        """True if something keeps the model from running; False without a daily cycle."""
        harmless = (Cause.DISPLAY, Cause.NOTE)
        blocking = [each for each in self.findings if each.cause not in harmless]
        return bool(blocking) and self.daily is not Daily.NOTHING


@dataclass(frozen=True)
class BucketReport:
    """A whole bucket.

    :param assembly: whether the steps of assemblies were checked
    """

    bucket: str
    models: list[ModelReport]
    assembly: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the form of ``--json``."""
        return {
            "bucket": self.bucket,
            "assembly_checked": self.assembly,
            "attention": [model.model for model in self.models if model.needs_attention],
            "models": [asdict(model) for model in self.models],
        }

    def as_json(self) -> str:
        """Return the report as one JSON document."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False)

    def as_text(self) -> str:
        """Return a table of the models, then a list of what needs fixing."""
        header = ["model", "daily", *_COLUMNS, "newest state"]
        rows = [header, *(_row(model) for model in self.models)]
        return "\n".join([*_table(rows), "", *_findings(self)])

    def summary(self) -> str:
        """Return the report in one line.

        :raises NeedsAttentionError: if something has to be changed first.
        """
        counts = {kind: sum(model.daily is kind for model in self.models) for kind in Daily}
        text = (
            f"{len(self.models)} models in s3://{self.bucket}: {counts[Daily.UPDATE]} would be"
            f" updated and {counts[Daily.TESTS]} only tested daily,"
            f" {counts[Daily.NOTHING]} not run, {counts[Daily.INVALID]} have an invalid config"
        )
        waiting = [model.model for model in self.models if model.needs_attention]
        if not self.assembly:
            text = f"{text}; {_UNCHECKED}"
        if waiting or not self.models:
            who = ", ".join(waiting) or "there is nothing under models/"
            raise NeedsAttentionError(f"{text}; needs attention first: {who}")
        return text


_UNCHECKED = "assembly steps were not checked: --assembly does"
_COLUMNS = {spec.label: stage for stage, spec in STAGES.items() if spec.per_model}


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
    unchecked = "" if report.assembly else f", but {_UNCHECKED}"
    yield "Needs attention:" if found else f"Nothing needs attention{unchecked}."
    for model in found:
        asleep = model.daily is Daily.NOTHING
        yield f"  {model.model}" + (" (no daily cycle runs it)" if asleep else "")
        for finding in model.findings:
            yield f"    {finding.cause}: {finding.key}: {finding.problem}"
            if finding.remedy:
                yield f"      -> {finding.remedy}"
