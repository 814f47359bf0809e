"""The pages list every parameter with its default, every stack and every alarm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.cloudformation.parameters import Parameter
from infra.cloudformation.templates import ORDER, load_templates
from infra.deployment.plan.stacks import TOOL_SETS, declared_parameters
from tests.infra.templates_of import Filled

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "deploy.md").read_text()
ROWS = {
    cells[0].strip("`"): cells
    for line in PAGE.splitlines()
    if line.startswith("| `") and (cells := [cell.strip() for cell in line.strip("|").split(" | ")])
}
PARAMETERS = [p for name, p in declared_parameters().items() if name not in TOOL_SETS]
#: Their default depends on the prefix.
_NAMED_BY_PREFIX = ("BucketName", "MailFeedbackBucketName")


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda p: p.name)
def test_parameter_is_listed_with_stacks_default_and_bounds(parameter: Parameter) -> None:
    _, stacks, default, allowed, _ = ROWS[parameter.name]

    assert stacks.split(", ") == [
        t.name for t in load_templates() if parameter.name in t.parameters
    ]
    if parameter.name not in _NAMED_BY_PREFIX:
        expected = {None: "**must be given**", "": "empty"}
        assert default == expected.get(parameter.default, f"`{parameter.default}`")
    if "MinValue" in parameter.rules:
        assert allowed == f"{parameter.rules['MinValue']} to {parameter.rules['MaxValue']}"


def test_no_row_is_of_a_parameter_that_is_gone() -> None:
    names = {p.name for p in PARAMETERS}
    listed = [name for name in ROWS if re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)]

    assert set(listed) == names


def test_every_alarm_and_stack_is_described() -> None:
    operations = (DOCS / "operations.md").read_text()
    for alarm in Filled("alarms").of_type("AWS::CloudWatch::Alarm"):
        assert f"| `{alarm['AlarmName']}` |" in operations
    for number, name in enumerate(ORDER, 1):
        assert f"{name}[{number} {name}<br/>" in PAGE
