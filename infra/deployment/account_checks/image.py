"""Check that the job image is in its repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra.deployment.aws.account import Account

_ABSENT = frozenset({"RepositoryNotFoundException", "ImageNotFoundException"})


def image_faults(account: Account, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the faults of ``JobImage``.

    :param values: the templates' parameters
    """
    repository, digest = values["JobImage"].split("/", 1)[1].split("@")
    try:
        account.client("ecr").describe_images(
            repositoryName=repository, imageIds=[{"imageDigest": digest}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
        yield f"parameter JobImage: {repository} has no image {digest}; push it first"
