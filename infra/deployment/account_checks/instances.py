"""Check that the instance types can hold the jobs, and that EC2 lets the account have enough.

A new account may run 5 vCPUs of a kind. Batch then leaves jobs RUNNABLE, without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from emmaa_cycle.resources import JOB_DEFINITIONS
from infra.deployment.aws.account import Account

#: Answers after which the deployment goes on without a check: the person may not ask, or the
#: region's Service Quotas do not know the quota.
_CANNOT_BE_ASKED = frozenset({"AccessDeniedException", "AccessDenied", "NoSuchResourceException"})
#: The families of these quotas; others, for example of GPUs, have quotas of their own.
_STANDARD = re.compile(r"([acdhimrtz]|im|is)[0-9]")
_MAXIMA = ("UpdateMaxVcpus", "TestingMaxVcpus")


@dataclass(frozen=True)
class Quota:
    """A quota of EC2 on the vCPUs of all instances of a kind, in one region.

    :param code: its code in Service Quotas
    """

    code: str
    name: str


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


def vcpu_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Find parameters that ask for more vCPUs than the account may run.

    :param values: the templates' parameters
    """
    types = values["InstanceTypes"].split(",")
    if not any(item == BATCH_CHOOSES or _STANDARD.match(item) for item in types):
        return
    quota = QUOTAS[values["InstanceMarket"]]
    allowed = _allowed(account, quota)
    if allowed is None:
        return
    raise_it = (
        f'EC2\'s quota {quota.code} ("{quota.name}") is {allowed:g} vCPUs in {account.region};'
        f" have it raised: aws service-quotas request-service-quota-increase --service-code ec2"
        f" --quota-code {quota.code} --desired-value NUMBER --region {account.region}"
    )
    smallest = smallest_vcpus(account, values)
    if allowed < smallest:
        yield (
            f"parameter InstanceMarket: no large job can run, because the smallest instance that"
            f" holds one has {smallest} vCPUs: {raise_it}"
        )
        return
    wanted = sum(int(values[name]) for name in _MAXIMA)
    if wanted > allowed:
        yield (
            f"parameters {' and '.join(_MAXIMA)}: together they are {wanted}, so jobs would wait"
            f" without an error: lower them, or {raise_it}"
        )


def _allowed(account: Account, quota: Quota) -> float | None:
    """Return the quota's value; None if it cannot be asked for."""
    client = account.client("service-quotas")
    try:
        found = client.get_service_quota(ServiceCode="ec2", QuotaCode=quota.code)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CANNOT_BE_ASKED:
            raise
        return None
    except EndpointConnectionError:  # a region without Service Quotas
        return None
    return float(found["Quota"]["Value"])


#: By ``InstanceMarket`` (Amazon EC2 user guide, "Amazon EC2 service quotas").
QUOTAS = {
    "ON_DEMAND": Quota("L-1216C47A", "Running On-Demand Standard instances"),
    "SPOT": Quota("L-34B43A08", "All Standard Spot Instance Requests"),
}
