"""The list that the command prints, and the people in it."""

from __future__ import annotations

import pytest

from tests.jobs.subscriptions.conftest import Run

ADA, GRACE = "ada@example.org", "grace@example.org"


def listed(run: Run, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    run("list", *arguments)
    return capsys.readouterr().out.splitlines()
