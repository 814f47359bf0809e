"""What must hold between parameters, which CloudFormation's bounds cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import JOB_DEFINITIONS
from infra.deployment.deployment_file import Deployment
from infra.mwaa.versions import constraints_file

#: At most so many of the first parameter as of the second.
_AT_MOST = (
    ("MinWorkers", "MaxWorkers"),
    ("UpdateDesiredVcpus", "UpdateMaxVcpus"),
    ("TestingDesiredVcpus", "TestingMaxVcpus"),
)
_SUBNETS = 2
#: Parameters that hold the ARN of a secret.
SECRETS = (
    "PrimaryDatabaseSecretArn",
    "StatementDatabaseSecretArn",
    "MailSignSecretArn",
    "NcbiApiKeySecretArn",
    "IndraDbKeySecretArn",
    "NdexUserSecretArn",
    "NdexPasswordSecretArn",
)


def check_together(deployment: Deployment, values: Mapping[str, str]) -> None:
    """Refuse parameters that do not go together.

    :param values: the parameters, each within its own bounds
    :raises InputError: naming the parameters.
    """
    constraints_file(values["AirflowVersion"])
    faults = [
        *_order(values),
        *_network(values),
        *_image(deployment, values),
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


def _secrets(deployment: Deployment, values: Mapping[str, str]) -> Iterator[str]:
    for name in SECRETS:
        arn = values[name]
        if arn and arn.split(":")[3:5] != [deployment.region, deployment.account]:
            yield f"parameter {name}: the secret is not in this account and region"
    if bool(values["NdexUserSecretArn"]) != bool(values["NdexPasswordSecretArn"]):
        yield "parameters NdexUserSecretArn and NdexPasswordSecretArn: give both or neither"
