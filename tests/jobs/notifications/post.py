"""Letters, and a mail service in memory that takes them or fails at will."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emmaa_jobs.db.notification_ledger import Kind
from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.delivery_report import DeliveryReport
from emmaa_jobs.notifications.mail import Mail

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"
QUERY = Kind("query")
#: Runs one job with some letters.
Deliver = Callable[..., DeliveryReport]


class Post:
    """A mail service that keeps what it accepted; ``before`` and ``after`` may raise."""

    def __init__(self) -> None:
        self.accepted: list[Mail] = []
        self.asked = 0
        self.before: Callable[[Mail], None] = lambda mail: None
        self.after: Callable[[Mail], None] = lambda mail: None

    def send(self, mail: Mail) -> str:
        self.asked += 1
        self.before(mail)
        self.accepted.append(mail)
        self.after(mail)
        return f"id-{len(self.accepted)}"

    def delivered(self) -> list[tuple[str, str]]:
        """(recipient, item) of everything accepted."""
        return [(mail.to, item) for mail in self.accepted for item in mail.text.split()]


def letter(recipient: str, *items: str) -> Letter[Mail]:
    """Return a letter whose mail has its items as text."""

    def compose(items: Sequence[str]) -> Mail:
        return Mail(recipient, "news", " ".join(items), "", "https://u")

    return Letter(recipient, items, compose)


def raising(error: BaseException, *recipients: str) -> Callable[[Mail], None]:
    """Return a send function that raises for mails to these recipients, or to all."""

    def fault(mail: Mail) -> None:
        if not recipients or mail.to in recipients:
            raise error

    return fault
