"""Amazon SES as the mail service (docs/jobs.md)."""

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
from emmaa_jobs.aws_clients import aws_client
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.addresses import ascii_address
from emmaa_jobs.notifications.mail import Mail, raw_mail
from emmaa_jobs.notifications.service import DoubtfulError, RecipientRefusedError
from emmaa_jobs.notifications.ses_answers import ARN_VARIABLE, Parties, refusal

#: The mails a second that SES allows the account.
MAILS_PER_SECOND = 14
# A request that timed out may have sent the mail, so botocore must not repeat it.
_CLIENT = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=30
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
    :raises InputError: if the sender or the address for bounces is no mail address.
    """

    def __init__(
        self,
        settings: MailSettings,
        arn: str,
        client: BaseClient | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = _sender_address("mail.source", settings.source)
        self._return_path = _sender_address("mail.return_path", settings.return_path)
        if client is None:
            client = aws_client("sesv2", region_name=settings.region, config=_CLIENT)
        self._client: Any = client
        self._arn = arn
        self._clock = clock

    def send(self, mail: Mail) -> str:
        """Send a mail and return SES' id of it; see :class:`Service`."""
        to = ascii_address(mail.to)
        # The recipient is the To header's. Named a second time, it would count as two.
        request = {
            "FromEmailAddress": self._source,
            "FromEmailAddressIdentityArn": self._arn,
            "FeedbackForwardingEmailAddress": self._return_path,
            "FeedbackForwardingEmailAddressIdentityArn": self._arn,
            "Content": {"Raw": {"Data": raw_mail(mail, self._source, self._clock())}},
        }
        try:
            message_id: str = self._client.send_email(**request)["MessageId"]
        except ClientError as error:
            sender = (self._source, self._return_path, self._arn)
            raise self._answered(error, Parties(to, sender)) from error
        except _NOT_ASKED as error:
            raise SourceUnavailableError(f"SES cannot be reached: {error}") from error
        except BotoCoreError as error:
            raise DoubtfulError(f"SES did not answer: {error}") from error
        return message_id

    @staticmethod
    def _answered(error: ClientError, parties: Parties) -> Exception:
        answer = error.response
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        fault = answer.get("Error", {})
        return refusal(str(fault.get("Code")), status, str(fault.get("Message") or ""), parties)


def _sender_address(field: str, address: str) -> str:
    try:
        return ascii_address(address)
    except RecipientRefusedError as error:
        raise InputError(f"the setting {field} cannot be used: {error}") from error


def identity_arn() -> str:
    """Return the ARN of the sending identity.

    :raises InputError: if ``INDRA_BIO_ARN`` is not set.
    """
    arn = os.environ.get(ARN_VARIABLE, "")
    if not arn:
        raise InputError(
            f"the environment variable {ARN_VARIABLE} is not set: it must be the ARN of the SES"
            " identity that mails are sent by"
        )
    return arn
