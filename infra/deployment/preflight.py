"""What must be in the account before anything is made: asked first, refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from emmaa_cycle.errors import InputError
from infra.deployment.account import Account
from infra.deployment.account_checks.concurrency import concurrency_faults
from infra.deployment.cross_checks import SECRETS
from infra.deployment.deployment_file import Deployment

#: Buckets by the parameter that names them, and the one that says whether the stack makes them.
_BUCKETS = {
    "BucketName": "BucketOrigin",
    "MailFeedbackBucketName": "MailFeedbackBucketOrigin",
}
_ABSENT = frozenset({"ResourceNotFoundException", "ParameterNotFound", "404", "NotFoundException"})
_IMAGE_ABSENT = frozenset({"RepositoryNotFoundException", "ImageNotFoundException"})


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
    account: Account, values: Mapping[str, str], *, storage_is_deployed: bool
) -> None:
    """Refuse parameters that name what is not there, or what is there already.

    :param values: the templates' parameters
    :param storage_is_deployed: whether the storage stack, which makes buckets, is there
    :raises InputError: naming each such parameter.
    """
    faults = [
        *_secrets(account, values),
        *_image(account, values),
        *_buckets(account, values, storage_is_deployed),
        *concurrency_faults(account, values),
    ]
    if faults:
        raise InputError("\n".join(faults))


def _secrets(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    for name in SECRETS:
        if (arn := values[name]) and not _secret_exists(account, arn):
            yield f"parameter {name}: there is no secret {arn}; make it first (docs/deploy.md)"


def _secret_exists(account: Account, arn: str) -> bool:
    """Whether a secret or SSM parameter is there; its value is not read."""
    try:
        if arn.split(":")[2] == "secretsmanager":
            found = account.client("secretsmanager").describe_secret(SecretId=arn)
            return "DeletedDate" not in found
        filters = [{"Key": "Name", "Values": [_parameter_name(arn)]}]
        described = account.client("ssm").describe_parameters(ParameterFilters=filters)
        return bool(described["Parameters"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        raise


def _parameter_name(arn: str) -> str:
    """An SSM parameter's name, which has a leading slash where it has any other."""
    name = arn.split(":parameter/", 1)[1]
    return f"/{name}" if "/" in name else name


def _image(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    repository, digest = values["JobImage"].split("/", 1)[1].split("@")
    try:
        account.client("ecr").describe_images(
            repositoryName=repository, imageIds=[{"imageDigest": digest}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _IMAGE_ABSENT:
            raise
        yield f"parameter JobImage: {repository} has no image {digest}; push it first"


def _buckets(
    account: Account, values: Mapping[str, str], storage_is_deployed: bool
) -> Iterator[str]:
    for name, origin in _BUCKETS.items():
        exists = _bucket_exists(account, values[name])
        if values[origin] == "exists" and not exists:
            yield f"parameter {name}: there is no bucket {values[name]}, and {origin} is exists"
        if values[origin] == "made-here" and exists and not storage_is_deployed:
            yield (
                f"parameter {origin}: the bucket {values[name]} is there already;"
                " set it to exists, or name another bucket"
            )


def _bucket_exists(account: Account, name: str) -> bool:
    try:
        account.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        # 403 is a bucket of someone else's: the name is taken.
        return bool(error.response["Error"]["Code"] != "404")
    return True
