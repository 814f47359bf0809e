"""The CloudFormation templates, read from ``infra/cloudformation``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.cloudformation.parameters import Parameter

FOLDER = Path(__file__).resolve().parent
#: The stacks in the order in which they are deployed: none needs a later one.
ORDER = (
    "artifacts",
    "network",
    "access",
    "uploads",
    "storage",
    "batch",
    "airflow",
    "alarms",
)


@dataclass(frozen=True)
class Template:
    """One template.

    :param name: its file's name without the ending
    :param body: its text, as it is sent to CloudFormation
    :param document: its content, with intrinsic functions in their long form
    """

    name: str
    body: str
    document: dict[str, Any]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name, in the order in which they are declared."""
        declared = self.document.get("Parameters", {})
        return {name: Parameter.read(name, rules) for name, rules in declared.items()}

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources by logical id."""
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found


@functools.cache
def load_template(name: str) -> Template:
    """Read one template."""
    body = (FOLDER / f"{name}.yaml").read_text()
    return Template(name, body, parse_template(body))


def parse_template(body: str) -> dict[str, Any]:
    """Return a template's content, with intrinsic functions in their long form.

    :raises yaml.YAMLError: if it is no YAML.
    """
    document: dict[str, Any] = yaml.load(body, Loader=_Loader)  # noqa: S506 - a SafeLoader
    return document


def load_templates() -> tuple[Template, ...]:
    """Read all templates, in the order of their deployment."""
    return tuple(load_template(name) for name in ORDER)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's short forms."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
