"""Check that EC2 lets the compute environments have the vCPUs that they may ask for.

A new account may run 5 vCPUs of a kind. Batch then leaves jobs RUNNABLE, without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError, EndpointConnectionError

from infra.deployment.account_checks.instances import BATCH_CHOOSES, smallest_vcpus
from infra.deployment.aws.account import Account


@dataclass(frozen=True)
class Quota:
    """A quota of EC2 on the vCPUs of all instances of a kind, in one region.

    :param code: its code in Service Quotas
    """

    code: str
    name: str


#: By ``InstanceMarket`` (Amazon EC2 user guide, "Amazon EC2 service quotas").
QUOTAS = {
    "ON_DEMAND": Quota("L-1216C47A", "Running On-Demand Standard instances"),
    "SPOT": Quota("L-34B43A08", "All Standard Spot Instance Requests"),
}
#: Answers after which the deployment goes on without a check: the person may not ask, or the
#: region's Service Quotas do not know the quota.
_CANNOT_BE_ASKED = frozenset({"AccessDeniedException", "AccessDenied", "NoSuchResourceException"})
#: The families of these quotas; others, for example of GPUs, have quotas of their own.
_STANDARD = re.compile(r"([acdhimrtz]|im|is)[0-9]")
_MAXIMA = ("UpdateMaxVcpus", "TestingMaxVcpus")


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
