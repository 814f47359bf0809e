"""Check that the instance types can hold the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emmaa_cycle.resources import JOB_DEFINITIONS
from infra.deployment.aws.account import Account

#: Batch's own choice of families, which no instance type is named like.
BATCH_CHOOSES = "optimal"
_ARCHITECTURE = "x86_64"
#: What of an instance's memory is left to jobs: kernel, firmware and ECS's agent have the rest.
#: AWS' example, an m4.large of 8192 MiB, registers 7985 MiB less the agent's 32 (AWS Batch user
#: guide, Compute resource memory management).
_JOBS_SHARE = 0.97


def memory_for_jobs(memory_mib: int) -> int:
    """Return the memory that an instance has for jobs, MiB.

    :param memory_mib: the instance type's memory
    """
    return int(memory_mib * _JOBS_SHARE)


def instance_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of ``InstanceTypes``: a job that fits none would wait forever.

    :param values: the templates' parameters
    """
    wanted = values["InstanceTypes"].split(",")
    if BATCH_CHOOSES in wanted:
        return
    patterns = [item if "." in item else f"{item}.*" for item in wanted]
    found = list(_described(account, patterns))
    for item, pattern in zip(wanted, patterns, strict=True):
        family = pattern.removesuffix("*")
        if not any(_is_of(kind["InstanceType"], family, pattern) for kind in found):
            yield f"parameter InstanceTypes: {account.region} has no instance type {item}"
    usable = [
        kind for kind in found if _ARCHITECTURE in kind["ProcessorInfo"]["SupportedArchitectures"]
    ]
    for definition in JOB_DEFINITIONS:
        if not any(_holds(kind, definition.memory_mib, definition.vcpus) for kind in usable):
            yield (
                f"parameter InstanceTypes: none of {', '.join(wanted)} can hold a job of"
                f" {definition.name}, which needs {definition.memory_mib} MiB and"
                f" {definition.vcpus} vCPUs of {_ARCHITECTURE}; add a larger type or its family"
            )


def smallest_vcpus(account: Account, values: Mapping[str, str]) -> int:
    """Return the vCPUs of the smallest instance that holds a job of the largest definition.

    Those of the job itself, if Batch chooses the instance or none of ``InstanceTypes`` holds it.

    :param values: the templates' parameters
    """
    largest = max(JOB_DEFINITIONS, key=lambda definition: definition.memory_mib)
    wanted = values["InstanceTypes"].split(",")
    if BATCH_CHOOSES in wanted:
        return largest.vcpus
    patterns = [item if "." in item else f"{item}.*" for item in wanted]
    holding = [
        int(kind["VCpuInfo"]["DefaultVCpus"])
        for kind in _described(account, patterns)
        if _ARCHITECTURE in kind["ProcessorInfo"]["SupportedArchitectures"]
        and _holds(kind, largest.memory_mib, largest.vcpus)
    ]
    return min(holding, default=largest.vcpus)


def _described(account: Account, patterns: list[str]) -> Iterator[dict[str, Any]]:
    pages = account.client("ec2").get_paginator("describe_instance_types")
    for page in pages.paginate(Filters=[{"Name": "instance-type", "Values": patterns}]):
        yield from page["InstanceTypes"]


def _is_of(name: str, family: str, pattern: str) -> bool:
    return name.startswith(family) if pattern.endswith("*") else name == pattern


def _holds(kind: dict[str, Any], memory_mib: int, vcpus: int) -> bool:
    memory = memory_for_jobs(kind["MemoryInfo"]["SizeInMiB"])
    return memory >= memory_mib and int(kind["VCpuInfo"]["DefaultVCpus"]) >= vcpus
