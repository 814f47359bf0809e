"""What a service that delivers notifications does, and how it can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from emmaa_jobs.notifications.mail import Mail


class RefusedError(Exception):
    """The service said no to this one: it was certainly not sent."""


class ThrottledError(Exception):
    """The service said "not so fast": it was certainly not sent, and may be in a moment."""


class DoubtfulError(Exception):
    """Nobody knows whether it was sent: the service was asked and did not answer."""


class MailService(Protocol):
    """Sends mails."""

    def send(self, mail: Mail) -> str:
        """Send a mail and return the service's id of it.

        :raises RefusedError: if the service will not send it.
        :raises ThrottledError: if the service will not send it now.
        :raises DoubtfulError: if there was no answer.
        :raises SourceUnavailableError: if the service cannot be asked at all.
        """
