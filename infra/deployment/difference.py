"""Differences between a deployed stack and its template."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import yaml

from infra.cloudformation.templates import parse_template
from infra.deployment.aws.cloudformation import Deployed
from infra.deployment.plan.artifacts import UNKNOWN
from infra.deployment.plan.stacks import Stack

#: Sections in which CloudFormation sees no change to a stack, so that a stack that differs there
#: alone could never be brought to be the same. A parameter's value is compared for itself.
_NO_CHANGE = frozenset(
    {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules"}
)


def difference(stack: Stack, deployed: Deployed | None) -> list[str]:
    """Return the lines of a diff; none if the stack matches its template.

    A new stack differs by all its parameters. Its template is not shown: it is in the repository.
    """
    if deployed is None:
        return [f"+ {name} = {value}" for name, value in stack.parameters.items()]
    return [*_parameters(stack, deployed), *_template(stack, deployed)]


def _parameters(stack: Stack, deployed: Deployed) -> Iterator[str]:
    old, new = deployed.parameters, stack.parameters
    for name in [*new, *(name for name in old if name not in new)]:
        # A value that the tool does not know yet always differs.
        if old.get(name) != new.get(name) or new.get(name) == UNKNOWN:
            if name in old:
                yield f"- {name} = {old[name]}"
            if name in new:
                yield f"+ {name} = {new[name]}"


def _template(stack: Stack, deployed: Deployed) -> Iterator[str]:
    if _content(deployed.body) == _content(stack.template.body):
        return
    lines = difflib.unified_diff(
        deployed.body.splitlines(),
        stack.template.body.splitlines(),
        "deployed",
        f"{stack.template.name}.yaml",
        n=2,
        lineterm="",
    )
    yield from lines


def _content(body: str) -> Any:
    """Return the part of a template that CloudFormation compares; its text if it is unreadable."""
    try:
        document = parse_template(body)
    except yaml.YAMLError:
        return body
    return {key: value for key, value in document.items() if key not in _NO_CHANGE}
