"""From letters to sent mails, or to a look at them: what both mail jobs do at their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from emmaa_cycle.settings import Settings
from emmaa_jobs.db.notification_ledger import Kind, NotificationLedger
from emmaa_jobs.notifications.delivery import Letter, MailCourier, preview
from emmaa_jobs.notifications.mail import Mail, Recipient
from emmaa_jobs.notifications.pacing import Pacer
from emmaa_jobs.notifications.service import MailService
from emmaa_jobs.notifications.ses import MAILS_PER_SECOND, SesMailService, identity_arn
from emmaa_jobs.notifications.unsubscribe import sign_secret, unsubscribe_url


@dataclass(frozen=True)
class PostOffice:
    """What a mail job needs to send.

    :param settings: the deployment's; domain and sender are used
    :param dry_run: print the mails and write nothing
    :param make_service: makes the service when there is something to send
    """

    settings: Settings
    ledger: NotificationLedger
    dry_run: bool = False
    make_service: Callable[[Settings], MailService] = lambda settings: SesMailService(
        settings.mail, identity_arn()
    )

    def recipient(self, email: str) -> Recipient:
        """Somebody to write to, with a link signed now.

        :raises InputError: if ``EMAIL_SIGN_SECRET`` is not set.
        """
        domain = self.settings.domain
        return Recipient(
            email, unsubscribe_url(domain, email, datetime.now(UTC), sign_secret()), domain
        )

    def post(self, kind: Kind, letters: Sequence[Letter]) -> str:
        """Send the letters, or print them in a dry run, and say how it went.

        :raises InputError: if ``INDRA_BIO_ARN`` or ``EMAIL_SIGN_SECRET`` is not set.
        :raises SourceUnavailableError: if the service cannot be used.
        :raises DeliveryError: if a mail was not accepted; all others went out.
        """
        if self.dry_run:
            mails = preview(self.ledger, letters)
            for mail in mails:
                print(_shown(mail))
            return f"dry run: {len(mails)} mails would be sent"
        service = self.make_service(self.settings)
        courier = MailCourier(kind, self.ledger, service, Pacer(MAILS_PER_SECOND))
        report = courier.deliver(letters)
        report.check()
        return report.summary()


def _shown(mail: Mail) -> str:
    line = "=" * 72
    return f"{line}\nTo: {mail.to}\nSubject: {mail.subject}\n\n{mail.text}"
