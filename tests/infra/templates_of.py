"""Templates with their parameters filled in, as CloudFormation would see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.cloudformation.templates import Template, load_template

ACCOUNT = {
    "AWS::AccountId": "123456789012",
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}
#: Names are the documented ones, and all of them take a prefix.
PREFIXES = pytest.mark.parametrize("prefix", ["", "dev-"])


def imported(value: Any) -> str:
    """Return the name of the export that a value is."""
    name = value["Fn::ImportValue"]
    assert isinstance(name, str)
    return name


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy's document."""
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


class Filled:
    """One template with values for parameters; references to resources stay as they are.

    :param values: of parameters; the defaults fill the rest
    """

    def __init__(self, name: str, **values: Any) -> None:
        self.template: Template = load_template(name)
        defaults = {n: p.default or f"<{n}>" for n, p in self.template.parameters.items()}
        blank = {n: "" for n, p in self.template.parameters.items() if p.default == ""}
        self._values: dict[str, Any] = {**ACCOUNT, **defaults, **blank, **values}
        self._conditions: Mapping[str, Any] = self.template.document.get("Conditions", {})
        self.resources: dict[str, dict[str, Any]] = {
            logical_id: self._fill(resource)
            for logical_id, resource in self.template.resources.items()
            if "Condition" not in resource or self._holds({"Condition": resource["Condition"]})
        }

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the properties of all resources of a type."""
        return [r["Properties"] for r in self.resources.values() if r["Type"] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        """Return the properties of the only resource of a type."""
        [properties] = self.of_type(kind)
        return properties

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            items = [self._fill(item) for item in value]
            return [item for item in items if item is not None]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"} and value["Ref"] in self._values:
            return self._values[value["Ref"]]
        if set(value) == {"Fn::Sub"}:
            return self._substitute(value["Fn::Sub"])
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return self._fill(yes if self._holds({"Condition": condition}) else no)
        filled = {key: self._fill(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not None}

    def _substitute(self, text: str) -> str:
        return re.sub(
            r"\$\{([^}]+)\}", lambda m: str(self._values.get(m.group(1), m.group(0))), text
        )

    def _holds(self, condition: dict[str, Any]) -> bool:
        [(function, given)] = condition.items()
        if function == "Condition":
            return self._holds(self._conditions[given])
        if function == "Fn::Not":
            return not self._holds(given[0])
        if function == "Fn::And":
            return all(self._holds(item) for item in given)
        assert function == "Fn::Equals", function
        one, other = (str(self._fill(item)) for item in given)
        return one == other
