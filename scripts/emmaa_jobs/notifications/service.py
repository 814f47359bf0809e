"""Services that deliver notifications, and the ways in which they fail."""

from __future__ import annotations

from typing import Protocol, TypeVar

from emmaa_cycle.errors import InputError

M_contra = TypeVar("M_contra", contravariant=True)


class RefusedError(Exception):
    """The service said no to this one: it was certainly not sent."""


class RecipientRefusedError(RefusedError):
    """A final refusal of this recipient: another attempt would end the same way."""


class SenderRefusedError(InputError):
    """The service refuses the sender, and would refuse every other message as well.

    It was certainly not sent. A person has to fix something: a role, a key, an identity.
    """


class ThrottledError(Exception):
    """The service said "not so fast": it was certainly not sent, and may be in a moment.

    :param wait: how long the service asks to wait, in seconds; None if it does not say
    """

    def __init__(self, cause: str = "", wait: float | None = None) -> None:
        super().__init__(cause)
        self.wait = wait


class DoubtfulError(Exception):
    """Nobody knows whether it was sent: the service was asked and did not answer."""


class Message(Protocol):
    """Something that can be sent: a mail, a tweet."""

    @property
    def title(self) -> str:
        """The subject on one line, for the log."""

    @property
    def shown(self) -> str:
        """The whole as a reader sees it, for a dry run."""


class Service(Protocol[M_contra]):
    """Sends messages of one sort."""

    def send(self, message: M_contra) -> str:
        """Send a message and return the service's id of it.

        :raises RefusedError: if the service will not send it.
        :raises RecipientRefusedError: if the service will never send to this recipient.
        :raises SenderRefusedError: if the service will not send anything for this sender.
        :raises ThrottledError: if the service will not send it now.
        :raises DoubtfulError: if there was no answer.
        :raises SourceUnavailableError: if the service cannot be asked at all.
        """
