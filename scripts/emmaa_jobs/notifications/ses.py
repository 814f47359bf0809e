"""Amazon SES as the mail service (emmaa-facts, section 7)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings_sections import Mail as MailSettings
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.mail import Mail, raw_mail
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)

ARN_VARIABLE = "INDRA_BIO_ARN"
#: The mails a second that SES allows the account.
MAILS_PER_SECOND = 14
# A request that timed out may have sent the mail, so botocore must not repeat it.
_CLIENT = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=30
)
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException"}
#: Answers that are no fault of the one mail: every other would get the same one.
_NOBODY = {
    "AccountSuspendedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "SendingPausedException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_ROLE = f"The job's role needs ses:SendEmail and ses:SendRawEmail on {ARN_VARIABLE}"
_IDENTITY = (
    f"Verify the identity in SES, in the region of [mail] of the settings, or name another one"
    f" there and in {ARN_VARIABLE}"
)
#: Faults before anything was asked.
_NOT_ASKED = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)


class SesMailService:
    """Sends whole mails, for the one-click headers need them, with ``SendEmail`` of SES v2.

    The job's role needs ``ses:SendEmail`` and ``ses:SendRawEmail``.

    :param settings: sender, address for bounces, and region
    :param arn: the identity whose policy lets the account send for the sender
    :param client: a boto3 ``sesv2`` client; made from the environment if None
    """

    def __init__(
        self,
        settings: MailSettings,
        arn: str,
        client: BaseClient | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if client is None:
            import boto3

            client = boto3.client("sesv2", region_name=settings.region, config=_CLIENT)
        self._client: Any = client
        self._settings = settings
        self._arn = arn
        self._clock = clock

    def send(self, mail: Mail) -> str:
        """Send a mail and return SES' id of it; see :class:`Service`."""
        # The recipient is the To header's. Named a second time, it would count as two.
        request = {
            "FromEmailAddress": self._settings.source,
            "FromEmailAddressIdentityArn": self._arn,
            "FeedbackForwardingEmailAddress": self._settings.return_path,
            "FeedbackForwardingEmailAddressIdentityArn": self._arn,
            "Content": {"Raw": {"Data": raw_mail(mail, self._settings.source, self._clock())}},
        }
        try:
            message_id: str = self._client.send_email(**request)["MessageId"]
        except ClientError as error:
            raise self._answered(error) from error
        except _NOT_ASKED as error:
            raise SourceUnavailableError(f"SES cannot be asked: {error}") from error
        except BotoCoreError as error:
            raise DoubtfulError(f"SES did not answer: {error}") from error
        return message_id

    def _answered(self, error: ClientError) -> Exception:
        code = error.response["Error"]["Code"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        said = error.response["Error"].get("Message", "")
        text = f"SES answered {code}: {said}"
        if code in _NOBODY or "daily" in said.lower():  # the day's quota is used up
            return SourceUnavailableError(text)
        if code in _THROTTLED or status == 429:
            return ThrottledError(text)
        if status == 403:
            return SenderRefusedError(f"{text}. {_ROLE}")
        # A mail is refused by the same code as its sender, but SES names what it did not verify.
        if self._settings.source in said or self._settings.return_path in said or self._arn in said:
            return SenderRefusedError(f"{text}. {_IDENTITY}")
        if status == 503:
            return SourceUnavailableError(text)
        return DoubtfulError(text) if status >= 500 else RefusedError(text)


def identity_arn() -> str:
    """The ARN of the sending identity.

    :raises InputError: if ``INDRA_BIO_ARN`` is not set.
    """
    arn = os.environ.get(ARN_VARIABLE, "")
    if not arn:
        raise InputError(
            f"the environment variable {ARN_VARIABLE} is not set: it must be the ARN of the SES"
            " identity that mails are sent by"
        )
    return arn
