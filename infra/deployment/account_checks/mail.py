"""Check that SES lets the mail identity send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra.deployment.aws.account import Account


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
