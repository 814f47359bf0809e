"""Conditions that CloudFormation's bounds cannot say: between parameters, and of the region."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator, Mapping

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import JOB_DEFINITIONS
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.plan.secret_parameters import SECRETS
from infra.mwaa.versions import constraints_file

#: Parameters that hold an ARN.
_ARNS = (*SECRETS, "MailIdentityArn", "SecretsKeyArn")
NO_MWAA = frozenset(
    {"ap-east-2", "ap-southeast-6", "mx-central-1", "us-gov-east-1", "us-gov-west-1"}
)
NO_BUDGETS = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        *NO_MWAA,
    }
)

#: At most so many of the first parameter as of the second.
_AT_MOST = (
    ("MinWorkers", "MaxWorkers"),
    ("UpdateDesiredVcpus", "UpdateMaxVcpus"),
    ("TestingDesiredVcpus", "TestingMaxVcpus"),
)
_SUBNETS = 2
_BUCKETS = ("ArtifactBucketName", "BucketName", "MailFeedbackBucketName")
#: RFC 1918.
_PRIVATE = tuple(
    ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)


def check_together(deployment: Deployment, values: Mapping[str, str]) -> None:
    """Refuse parameters that do not go together.

    :param values: the parameters, each within its own bounds
    :raises InputError: naming the parameters.
    """
    constraints_file(values["AirflowVersion"])
    faults = [
        *region_faults(deployment.region, values),
        *_order(values),
        *_network(values),
        *_cidr(values),
        *_bucket_names(values),
        *_mail(values),
        *_image(deployment, values),
        *_web_access(deployment, values),
        *_secrets(deployment, values),
    ]
    if faults:
        raise InputError("\n".join(faults))


def _order(values: Mapping[str, str]) -> Iterator[str]:
    for low, high in _AT_MOST:
        if int(values[low]) > int(values[high]):
            yield f"parameter {low}: {values[low]} is more than {high}, which is {values[high]}"
    largest = max(definition.vcpus for definition in JOB_DEFINITIONS)
    if int(values["TestingMaxVcpus"]) < largest:
        yield f"parameter TestingMaxVcpus: a large job needs {largest} vCPUs"


def _network(values: Mapping[str, str]) -> Iterator[str]:
    subnets = [item for item in values["PrivateSubnetIds"].split(",") if item]
    if values["VpcId"] and len(set(subnets)) != _SUBNETS:
        yield "parameter PrivateSubnetIds: with VpcId, name two private subnets of that VPC"
    if subnets and not values["VpcId"]:
        yield "parameter VpcId: PrivateSubnetIds are named, so name their VPC"
    zones = [values["Zone1"], values["Zone2"]]
    if any(zones) and (not all(zones) or len(set(zones)) < _SUBNETS):
        yield "parameters Zone1 and Zone2: name two different zones, or neither"
    if any(zones) and values["VpcId"]:
        yield "parameters Zone1 and Zone2: VpcId is named, so its subnets' zones count: remove them"


def _cidr(values: Mapping[str, str]) -> Iterator[str]:
    value = values["VpcCidr"]
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        yield f"parameter VpcCidr: {error}"
        return
    if not any(network.subnet_of(private) for private in _PRIVATE):
        ranges = ", ".join(map(str, _PRIVATE))
        yield f"parameter VpcCidr: {value} is not private: it must lie in one of {ranges}"


def _bucket_names(values: Mapping[str, str]) -> Iterator[str]:
    for one, other in itertools.combinations(_BUCKETS, 2):
        if values[one] == values[other]:
            yield f"parameters {one} and {other}: both are {values[one]}; they are two buckets"


def _mail(values: Mapping[str, str]) -> Iterator[str]:
    arn, source = values["MailIdentityArn"], values["MailSource"]
    region, identity = arn.split(":")[3], arn.partition("/")[2].lower()
    if region != values["MailRegion"]:
        yield (
            f"parameter MailRegion: it is {values['MailRegion']}, and MailIdentityArn's identity"
            f" is in {region}: mails are sent where the identity is"
        )
    for name, address in (("MailSource", source), ("MailReturnPath", values["MailReturnPath"])):
        domain = address.partition("@")[2].lower()
        if address and not (address.lower() == identity or f".{domain}".endswith(f".{identity}")):
            yield (
                f"parameter {name}: {address} is not the identity of MailIdentityArn, which is"
                f" {identity}, nor under its domain: SES would refuse each mail"
            )


def _image(deployment: Deployment, values: Mapping[str, str]) -> Iterator[str]:
    host, _, rest = values["JobImage"].partition("/")
    account, _, _, region, *_ = host.split(".")
    if (account, region) != (deployment.account, deployment.region):
        yield (
            f"parameter JobImage: it is in account {account}, region {region}; copy it to"
            f" {deployment.account}, {deployment.region}, where jobs may pull it"
        )
    if rest.partition("@")[0] != values["JobRepositoryName"]:
        yield "parameter JobRepositoryName: it is not the repository that JobImage names"


def _web_access(deployment: Deployment, values: Mapping[str, str]) -> Iterator[str]:
    uploads = deployment.settings.get("uploads", {})
    if values["WebserverAccess"] == "PRIVATE_ONLY" and uploads.get("trigger") != "sensor":
        yield (
            "parameter WebserverAccess: with PRIVATE_ONLY the upload function cannot start runs,"
            " because MWAA's InvokeRestApi is not reached from outside the VPC: set"
            ' settings.uploads.trigger = "sensor", or use PUBLIC_AND_PRIVATE'
        )


def _secrets(deployment: Deployment, values: Mapping[str, str]) -> Iterator[str]:
    for name in SECRETS:
        arn = values[name]
        if arn and arn.split(":")[3:5] != [deployment.region, deployment.account]:
            yield f"parameter {name}: the secret is not in this account and region"
    if (key := values["SecretsKeyArn"]) and key.split(":")[3] != deployment.region:
        yield "parameter SecretsKeyArn: the key is not in this region, whose secrets it encrypts"
    if bool(values["NdexUserSecretArn"]) != bool(values["NdexPasswordSecretArn"]):
        yield "parameters NdexUserSecretArn and NdexPasswordSecretArn: give both or neither"


def region_faults(region: str, values: Mapping[str, str]) -> Iterator[str]:
    """Find what a region does not have.

    :param values: the templates' parameters
    """
    partition = _partition(region)
    for name in _ARNS:
        if partition and values[name] and values[name].split(":")[1] != partition:
            yield (
                f"parameter {name}: {values[name]} is not of {partition}, the partition of"
                f" {region}: it begins with arn:{partition}:"
            )
    if region in NO_MWAA:
        yield f"key region: Amazon MWAA is not offered in {region}; choose another region"
    if region in NO_BUDGETS and int(values["MonthlyBudget"]):
        yield (
            f"parameter MonthlyBudget: CloudFormation makes no budgets in {region}: set it to 0,"
            " and make the budget by hand (docs/operations.md, Keep to a budget)"
        )


def _partition(region: str) -> str:
    """Return the partition of a region; empty if AWS has no such region, which settings refuse."""
    import boto3
    from botocore.exceptions import UnknownRegionError

    try:
        return str(boto3.Session().get_partition_for_region(region))
    except UnknownRegionError:
        return ""
