"""The Lambda function as Lambda calls it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.upload_to_dag_run.handler import handler


class Function:
    """The function as Lambda calls it, and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.log: list[dict[str, Any]] = []
        self.printed = ""

    def __call__(self, event: Any) -> dict[str, int]:
        try:
            return handler(event, SimpleNamespace(aws_request_id="request-1"))
        finally:
            self.printed = self._capsys.readouterr().out
            self.log = [json.loads(line) for line in self.printed.splitlines()]

    @property
    def outcomes(self) -> list[str]:
        """The outcomes that the last call logged, one for each record."""
        return [line["outcome"] for line in self.log]
