"""The stacks of a deployment: each template with its parameters, refused if one does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET, MAIL_FEEDBACK_BUCKET
from infra.cloudformation.parameters import Parameter
from infra.cloudformation.templates import Template, load_templates
from infra.deployment.plan.artifacts import UNKNOWN
from infra.deployment.plan.deployment_file import Deployment

#: Parameters that the tool sets: a deployment's file must not.
TOOL_SETS = frozenset(
    {
        "FunctionKey",
        "JobImageKind",
        "LinksSettings",
        "MailForm",
        "PluginsKey",
        "PluginsVersion",
        "RequirementsKey",
        "RequirementsVersion",
        "StartupKey",
        "StartupVersion",
        "StatisticsSettings",
        "TwitterSettings",
        "UploadKeyDays",
        "UploadTrigger",
    }
)


@dataclass(frozen=True)
class Stack:
    """One stack as it should be.

    :param name: with the deployment's prefix
    :param parameters: all of the template's parameters, defaults included
    """

    name: str
    template: Template
    parameters: Mapping[str, str]


def stack_name(prefix: str, template: str) -> str:
    """Return the name of the stack of a template."""
    return f"{prefix}emmaa-{template}"


def declared_parameters() -> dict[str, Parameter]:
    """All templates' parameters by name. One that several templates have is the same in each."""
    return {
        name: parameter
        for template in load_templates()
        for name, parameter in template.parameters.items()
    }


def parameter_values(deployment: Deployment) -> dict[str, str]:
    """Return the value of every parameter that is not the tool's to set.

    :raises InputError: naming each parameter that is unknown, missing or out of bounds.
    """
    declared = declared_parameters()
    given = deployment.values
    values = {
        name: parameter.default
        for name, parameter in declared.items()
        if parameter.default is not None and name not in TOOL_SETS
    }
    values |= _bucket_names(given.get("Prefix", "")) | given
    faults = list(_faults(declared, given, values))
    if faults:
        raise InputError("\n".join(faults))
    return values


def deployment_stacks(values: Mapping[str, str]) -> tuple[Stack, ...]:
    """Return the stacks in the order of their deployment.

    :param values: every parameter's value, the tool's own included
    :raises InputError: if a value does not fit.
    """
    stacks = []
    for template in load_templates():
        chosen = {name: values[name] for name in template.parameters}
        for name, parameter in template.parameters.items():
            if chosen[name] != UNKNOWN:
                parameter.check(chosen[name])
        stacks.append(Stack(stack_name(values["Prefix"], template.name), template, chosen))
    return tuple(stacks)


def _bucket_names(prefix: str) -> dict[str, str]:
    return {
        "BucketName": prefix + BUCKET,
        "MailFeedbackBucketName": prefix + MAIL_FEEDBACK_BUCKET,
    }


def _faults(
    declared: Mapping[str, Parameter], given: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[str]:
    for name in sorted(given.keys() - declared.keys()):
        yield f"parameter {name}: no template has it; docs/deploy.md lists them all"
    for name in sorted(given.keys() & TOOL_SETS):
        yield f"parameter {name} is set by the tool: remove it"
    for name in sorted(declared.keys() - values.keys() - TOOL_SETS):
        yield f"parameter {name} is missing: {declared[name].description}"
    for name in sorted(declared.keys() & values.keys() - TOOL_SETS):
        try:
            declared[name].check(values[name])
        except InputError as error:
            yield str(error)
