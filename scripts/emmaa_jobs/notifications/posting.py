"""From letters to sent messages, or to a look at them: what both notification jobs do at last."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings import Settings
from emmaa_jobs.db.notification_ledger import Kind, NotificationLedger
from emmaa_jobs.errors import DeliveryError, SourceUnavailableError
from emmaa_jobs.notifications.addresses import LONGEST_ADDRESS
from emmaa_jobs.notifications.delivery import Courier, Letter, preview, settle_interrupted
from emmaa_jobs.notifications.delivery_report import DeliveryReport
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.mail import Mail, Recipient
from emmaa_jobs.notifications.send_rate import Pacer
from emmaa_jobs.notifications.service import (
    Message,
    RecipientRefusedError,
    SenderRefusedError,
    Service,
)
from emmaa_jobs.notifications.unsubscribe import sign_secret, unsubscribe_url

if TYPE_CHECKING:
    from emmaa_jobs.notifications.tweets import Tweet

M = TypeVar("M", bound=Message)

logger = logging.getLogger(__name__)

#: Does something and says how it went, in one line.
Delivery = Callable[[], str]
#: What may go wrong with one of several deliveries; the first of them that did decides the job's
#: exit code, for another attempt helps against the first two.
_FAULTS = (SourceUnavailableError, DeliveryError, InputError)


def ses(settings: Settings) -> Service[Mail]:
    """Make the service that sends mails.

    :raises InputError: if ``INDRA_BIO_ARN`` is not set.
    """
    from emmaa_jobs.notifications.ses import SesMailService, identity_arn

    return SesMailService(settings.mail, identity_arn())


def x(settings: Settings, account: str) -> Service[Tweet]:
    """Make the service that posts tweets.

    :raises InputError: if the account's keys are not in the parameter store.
    :raises SourceUnavailableError: if the parameter store cannot be reached.
    """
    from emmaa_jobs.notifications.x_credentials import Credentials
    from emmaa_jobs.notifications.x_service import XTweetService

    credentials = Credentials.of_account(account, settings.aws_region)
    return XTweetService(credentials, settings.twitter.api_url)


@dataclass(frozen=True)
class PostOffice:
    """The services and records that a notification job sends by.

    :param settings: the deployment's; domain, sender and X's address are used
    :param dry_run: print the messages and write nothing
    :param run_id: the Airflow run; its attempts report the same messages without an answer
    :param round_id: the round; its jobs report the same refused recipients. If empty, the Airflow
        run stands for it, and without one each job counts as a round
    :param mail_service: makes the service of mails when there is one to send
    :param tweet_service: makes that of an account's tweets likewise
    """

    settings: Settings
    ledger: NotificationLedger
    dry_run: bool = False
    run_id: str = ""
    round_id: str = ""
    mail_service: Callable[[Settings], Service[Mail]] = ses
    tweet_service: Callable[[Settings, str], Service[Tweet]] = x

    def recipient(self, email: str) -> Recipient:
        """Return the recipient of a mail, with a link signed now.

        :raises InputError: if ``EMAIL_SIGN_SECRET`` is not set.
        :raises RecipientRefusedError: if there is no address, or one longer than any can be.
        """
        if not email:
            raise RecipientRefusedError("there is no mail address in the table user")
        if len(email) > LONGEST_ADDRESS:
            raise RecipientRefusedError(f"{email!r:.80}… is not a mail address: it is too long")
        domain = self.settings.domain
        return Recipient(
            email,
            unsubscribe_url(domain, email, datetime.now(UTC), sign_secret()),
            Links.of(self.settings).home,
        )

    def mail(self, kind: Kind, letters: Sequence[Letter[Mail]]) -> str:
        """Mail the letters, or print them in a dry run, and say how it went.

        :raises InputError: if ``INDRA_BIO_ARN`` or ``EMAIL_SIGN_SECRET`` is not set, or SES takes
            no mails from the job's role or the sender.
        :raises SourceUnavailableError: if the service cannot be used.
        :raises DeliveryError: if a mail was not accepted; all others went out.
        """
        from emmaa_jobs.notifications.ses import MAILS_PER_SECOND

        pacer = Pacer(MAILS_PER_SECOND)
        return self._post("mail", kind, letters, lambda: self.mail_service(self.settings), pacer)

    def tweet(self, kind: Kind, account: str, letters: Sequence[Letter[Tweet]]) -> str:
        """Tweet the letters, or print them in a dry run, and say how it went.

        :param account: the config's ``twitter``
        :raises InputError: if the account's keys are not in the parameter store, or X refuses the
            account and no earlier round has reported that.
        :raises SourceUnavailableError: if X or the parameter store cannot be used.
        :raises DeliveryError: if a tweet was not accepted; all others went out.
        """
        from emmaa_jobs.notifications.x_service import TWEETS_PER_SECOND

        pacer = Pacer(TWEETS_PER_SECOND)
        try:
            summary = self._post(
                "tweet", kind, letters, lambda: self.tweet_service(self.settings, account), pacer
            )
        except SenderRefusedError as error:
            return self._account_is_refused(kind, account, error)
        if not self.dry_run:
            self.ledger.faults.accept(_sender(account))
        return summary

    def _account_is_refused(self, kind: Kind, account: str, error: SenderRefusedError) -> str:
        round_id = self._round("tweet", kind)
        refusal = self.ledger.faults.refuse(_sender(account), round_id, str(error))
        if refusal.round_id == round_id:
            raise error
        logger.warning("X refuses the account %s as before: %s", account, error)
        return f"no tweets, X refuses the account {account} as before: {error}"

    def send_nothing(self, noun: str, kind: Kind) -> str:
        """Report what an earlier job left in doubt, where there is nothing to send now.

        It needs neither service nor keys.

        :returns: a summary; empty if there is nothing to report
        """
        if self.dry_run:
            return ""
        report = DeliveryReport(noun, interrupted=settle_interrupted(self.ledger, kind))
        return report.summary() if report.interrupted else ""

    def _post(
        self,
        noun: str,
        kind: Kind,
        letters: Sequence[Letter[M]],
        service: Callable[[], Service[M]],
        pacer: Pacer,
    ) -> str:
        if self.dry_run:
            messages = preview(self.ledger, letters)
            for message in messages:
                print(f"{'=' * 72}\n{message.shown}")
            return f"dry run: {len(messages)} {noun}s would be sent"
        round_id = self._round(noun, kind)
        run_id = self.run_id and self._id(noun, kind, self.run_id)
        courier = Courier(kind, self.ledger, service(), pacer, noun, round_id, run_id)
        report = courier.deliver(letters)
        report.check()
        return report.summary()

    def _round(self, noun: str, kind: Kind) -> str:
        return self._id(noun, kind, self.round_id or self.run_id or uuid.uuid4().hex)

    @staticmethod
    def _id(noun: str, kind: Kind, name: str) -> str:
        return json.dumps([noun, kind.name, kind.scope, name])


def _sender(account: str) -> str:
    return f"sender {account} on X"


def all_of(deliveries: Sequence[Delivery]) -> str:
    """Do each delivery, whatever becomes of the others, and join their summaries.

    :raises SourceUnavailableError: if that is what one of them raised; with all summaries.
    :raises DeliveryError: likewise, if none raised that.
    :raises InputError: likewise, if none raised either.
    :raises Exception: first of all, a fault of the program, after all others were done.
    """
    summaries: list[str] = []
    raised: list[Exception] = []
    for delivery in deliveries:
        try:
            summaries.append(delivery())
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised below
            raised.append(error)
            summaries.append(str(error))
    unexpected = [error for error in raised if not isinstance(error, _FAULTS)]
    if unexpected:
        raise unexpected[0]
    for fault in _FAULTS:
        cause = next((error for error in raised if isinstance(error, fault)), None)
        if cause is not None:
            raise fault("; ".join(filter(None, summaries))) from cause
    return "; ".join(filter(None, summaries))
