"""The mails that moto's SES was asked to send."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends


class Outbox:
    """The mails that moto's SES accepted."""

    def __len__(self) -> int:
        return len(self._raw())

    def __getitem__(self, number: int) -> EmailMessage:
        """Return a mail as a mail program parses it."""
        raw = self._raw()[number].raw_data
        message = email.message_from_string(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def recipients(self) -> list[str]:
        return [address for message in self._raw() for address in message.destinations]

    @staticmethod
    def _raw() -> list[Any]:
        sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
        return sent
