"""Checks of the account before anything is made; each fault is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import UPLOAD_FUNCTION
from infra.deployment.account_checks.buckets import bucket_faults
from infra.deployment.account_checks.instances import instance_faults, vcpu_faults
from infra.deployment.account_checks.leftovers import leftover_faults
from infra.deployment.account_checks.network import network_faults
from infra.deployment.account_checks.routes import route_faults
from infra.deployment.account_checks.zones import zone_faults
from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import Deployed
from infra.deployment.plan.deployment_file import Deployment
from infra.deployment.plan.secret_parameters import SECRETS

_NO_SECRET = frozenset({"ResourceNotFoundException", "ParameterNotFound"})

#: Lambda leaves so much to functions that reserve nothing, or the whole limit where that is less:
#: "decreases account's UnreservedConcurrentExecution below its minimum value of [100]" (or [50] or
#: [10], the limits of new accounts).
_UNRESERVED = 100


_NO_IMAGE = frozenset({"RepositoryNotFoundException", "ImageNotFoundException"})


def check_account(account: Account, deployment: Deployment) -> None:
    """Refuse credentials of another account.

    :raises InputError: naming both accounts.
    """
    found = account.client("sts").get_caller_identity()["Account"]
    if found != deployment.account:
        raise InputError(
            f"the credentials are of account {found}, and the deployment is for"
            f" {deployment.account}: change the profile, or the file's key account"
        )


def check_what_must_exist(
    account: Account,
    owner: str,
    values: Mapping[str, str],
    deployed: Mapping[str, Deployed | None],
) -> None:
    """Refuse parameters that name what is not there, is there already, or cannot be used.

    :param owner: the account's number
    :param values: the templates' parameters
    :param deployed: the stacks that are there, by template
    :raises InputError: naming each such parameter.
    """
    faults = [
        *_secret_faults(account, values),
        *_image_faults(account, values),
        *mail_faults(account, owner, values),
        *bucket_faults(account, owner, values, deployed),
        *leftover_faults(account, values, deployed),
        *network_faults(account, values),
        *route_faults(account, values),
        *zone_faults(account, values, deployed["network"]),
        *instance_faults(account, values),
        *concurrency_faults(account, values),
        *vcpu_faults(account, values),
    ]
    if faults:
        raise InputError("\n".join(faults))


def _image_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of ``JobImage``.

    :param values: the templates' parameters
    """
    repository, digest = values["JobImage"].split("/", 1)[1].split("@")
    try:
        account.client("ecr").describe_images(
            repositoryName=repository, imageIds=[{"imageDigest": digest}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NO_IMAGE:
            raise
        yield f"parameter JobImage: {repository} has no image {digest}; push it first"


def mail_faults(account: Account, owner: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of ``MailIdentityArn``.

    An identity of another account cannot be asked for: there its sending authorization decides.

    :param owner: the account's number
    :param values: the templates' parameters
    """
    _, _, _, region, holder, resource = values["MailIdentityArn"].split(":", 5)
    identity = resource.partition("/")[2]
    if holder != owner:
        return
    try:
        found = account.client("sesv2", region).get_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield (
            f"parameter MailIdentityArn: SES in {region} has no identity {identity}; make and"
            " verify it first (docs/deploy.md)"
        )
        return
    if not found["VerifiedForSendingStatus"]:
        yield (
            f"parameter MailIdentityArn: {identity} is not verified in {region} yet: SES sends"
            " nothing from it"
        )


def concurrency_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield what Lambda would refuse about ``FunctionConcurrency``.

    :param values: the templates' parameters
    """
    wanted = int(values["FunctionConcurrency"])
    if not wanted:
        return
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    own = _reserved(account, values["Prefix"] + UPLOAD_FUNCTION)
    least = min(_UNRESERVED, limits["ConcurrentExecutions"])
    free = limits["UnreservedConcurrentExecutions"] + own - least
    if wanted > free:
        yield (
            f"parameter FunctionConcurrency: {wanted} cannot be reserved: of this account's"
            f" {limits['ConcurrentExecutions']} concurrent executions in {account.region} at most"
            f" {max(free, 0)} can be, since {least} must stay unreserved. Set it to 0, which"
            " reserves none, or ask AWS for a higher quota (Lambda, Concurrent executions)"
        )


def _reserved(account: Account, function: str) -> int:
    """Return what the function has reserved already; 0 if it does not exist."""
    try:
        found = account.client("lambda").get_function_concurrency(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0
    return int(found.get("ReservedConcurrentExecutions", 0))


def _secret_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of the parameters that name secrets, of which no value is read.

    :param values: the templates' parameters
    """
    for name in SECRETS:
        if not (arn := values[name]):
            continue
        found = _full_arn(account, arn)
        if found is None:
            yield f"parameter {name}: there is no secret {arn}; make it first (docs/deploy.md)"
        elif found != arn:
            # Secrets Manager finds it by a part of its ARN; a role's policy does not.
            yield f"parameter {name}: {arn} is a part of the secret's ARN; give all of it: {found}"


def _full_arn(account: Account, arn: str) -> str | None:
    """Return the ARN of the secret or SSM parameter that an ARN finds; None if it finds none."""
    try:
        if arn.split(":")[2] == "secretsmanager":
            found = account.client("secretsmanager").describe_secret(SecretId=arn)
            return None if "DeletedDate" in found else str(found["ARN"])
        filters = [{"Key": "Name", "Values": [_parameter_name(arn)]}]
        described = account.client("ssm").describe_parameters(ParameterFilters=filters)
        return arn if described["Parameters"] else None
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_SECRET:
            return None
        raise


def _parameter_name(arn: str) -> str:
    """Return an SSM parameter's name, which has a leading slash where it has any other."""
    name = arn.split(":parameter/", 1)[1]
    return f"/{name}" if "/" in name else name
