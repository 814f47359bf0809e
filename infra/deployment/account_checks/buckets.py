"""Check that the buckets can be made, or exist and are ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from infra.deployment.aws.account import Account
from infra.deployment.aws.cloudformation import Deployed

MADE_HERE, EXISTS = "made-here", "exists"


@dataclass(frozen=True)
class _Named:
    """A parameter that names a bucket.

    :param origin: the parameter that says whether the stack makes it; always, if None
    :param template: of the stack that makes it
    """

    parameter: str
    origin: str | None
    template: str


_BUCKETS = (
    _Named("ArtifactBucketName", None, "artifacts"),
    _Named("BucketName", "BucketOrigin", "storage"),
    _Named("MailFeedbackBucketName", "MailFeedbackBucketOrigin", "storage"),
)
#: What S3 answers where a bucket is another account's, or in another region.
_FOREIGN = frozenset({"403", "AccessDenied", "Forbidden"})
_ELSEWHERE = frozenset({"301", "PermanentRedirect", "400", "AuthorizationHeaderMalformed"})


def bucket_faults(
    account: Account,
    owner: str,
    values: Mapping[str, str],
    deployed: Mapping[str, Deployed | None],
) -> Iterator[str]:
    """Yield the faults of the parameters that name buckets, or make one public.

    :param owner: the account's number
    :param values: the templates' parameters
    :param deployed: the stacks that are there, by template
    """
    for named in _BUCKETS:
        made_by_us = _is_made(named, values, deployed[named.template])
        yield from _faults(account, owner, named, values, made_by_us)
    if values["PublicRead"] == "yes" and values["BucketOrigin"] == MADE_HERE:
        yield from _public_faults(account, owner)


def _is_made(named: _Named, values: Mapping[str, str], stack: Deployed | None) -> bool:
    """Return whether our own stack made this bucket."""
    if stack is None or stack.parameters.get(named.parameter) != values[named.parameter]:
        return False
    return named.origin is None or stack.parameters.get(named.origin) == MADE_HERE


def _faults(
    account: Account, owner: str, named: _Named, values: Mapping[str, str], made_by_us: bool
) -> Iterator[str]:
    bucket, parameter = values[named.parameter], f"parameter {named.parameter}"
    origin = values[named.origin] if named.origin else MADE_HERE
    state = _state(account, owner, bucket)
    if state == "foreign":
        yield (
            f"{parameter}: the bucket {bucket} is another account's, or these credentials may not"
            " see it; bucket names are the world's: choose another"
        )
    elif state.startswith("elsewhere"):
        yield (
            f"{parameter}: the bucket {bucket} is in {state.partition(':')[2]}, and the deployment"
            f" in {account.region}, where it must be"
        )
    elif origin == EXISTS and state == "absent":
        yield f"{parameter}: there is no bucket {bucket}, and {named.origin} is exists"
    elif origin == MADE_HERE and state == "ours" and not made_by_us:
        fix = (
            f"parameter {named.origin}: the bucket {bucket} is there already; set it to exists, or"
            if named.origin
            else f"{parameter}: the bucket {bucket} is there already; remove it, or"
        )
        yield f"{fix} name another bucket (docs/deploy.md, After a stack was deleted)"


def _state(account: Account, owner: str, bucket: str) -> str:
    """``absent``, ``ours``, ``foreign`` or ``elsewhere:REGION``."""
    try:
        found = account.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchBucket"):
            return "absent"
        if code in _FOREIGN:
            return "foreign"
        if code in _ELSEWHERE:
            return "elsewhere:another region"
        raise
    # boto3 follows S3's redirection, so a bucket of another region answers as well.
    region = found.get("BucketRegion") or account.region
    return "ours" if region == account.region else f"elsewhere:{region}"


def _public_faults(account: Account, owner: str) -> Iterator[str]:
    try:
        found = account.client("s3control").get_public_access_block(AccountId=owner)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        return
    block = found["PublicAccessBlockConfiguration"]
    on = [name for name in ("BlockPublicPolicy", "RestrictPublicBuckets") if block.get(name)]
    if on:
        yield (
            f"parameter PublicRead: the account's own public access block has {', '.join(on)} on,"
            " so no bucket of it can be public; set PublicRead to no, or let those who look after"
            " the account lift the block (S3, Block Public Access settings for this account)"
        )
