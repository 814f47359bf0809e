"""The message about a round that breaks limits of the gate."""

from __future__ import annotations

from collections.abc import Sequence

from emmaa_airflow.reporting.failure_report import OperatorReport, about_run, subject_line
from emmaa_airflow.runs.page_urls import run_url
from emmaa_cycle.quality.findings import Finding


def quality_report(
    findings: Sequence[Finding], *, dag_id: str, run_id: str, model: str, date: str, held: str = ""
) -> OperatorReport:
    """Report a round's findings with what changed.

    :param date: the round's ``<dt>``
    :param held: what a person has to do, if the round waits; empty if it does not
    """
    what = f"{about_run(dag_id, model)}: round {date}"
    first = f"EMMAA: {model}{' is held' if held else ''}: {findings[0].sentence}"
    blocks = [finding_text(finding) for finding in findings]
    consequence = held or (
        "Subscribers are notified as usual. To let such rounds wait for a person, set quality.hold."
    )
    text = "\n\n".join([f"{what}.\nRun: {run_url(dag_id, run_id)}", *blocks, consequence])
    return OperatorReport(subject_line(first), text + "\n")


def finding_text(finding: Finding) -> str:
    """Return a finding with its examples, one a line and indented."""
    lines = [
        finding.sentence[:1].upper() + finding.sentence[1:],
        *map("    {}".format, finding.examples),
    ]
    if finding.more:
        lines.append(f"    and {finding.more} more")
    return "\n".join(lines)
