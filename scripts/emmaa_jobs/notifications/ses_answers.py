"""Amazon SES' refusals: which are the recipient's, which the sender's, and which pass.

The error code decides. Where one code has several meanings, the identities that SES names decide,
each compared as a whole: a recipient's address may contain any word. Codes and messages are those
of the SES API v2 (``SendEmail``) and of
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RecipientRefusedError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)

ARN_VARIABLE = "INDRA_BIO_ARN"
#: Too many requests in a second, or too many mails in 24 hours.
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException"}
#: What such an answer says, as a whole, if the quota of 24 hours is used up.
_QUOTA_USED_UP = {"daily message quota exceeded", "daily sending quota exceeded"}
#: Every other mail would get the same answer, and another attempt may succeed.
_NOBODY_NOW = {
    "AccountSendingPausedException",
    "ConfigurationSetSendingPausedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "LimitExceededException",
    "RequestExpired",
    "SendingPausedException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
#: Every other mail would get the same answer until a person fixes something.
_SENDER = {
    "AccountSuspendedException",
    "ConfigurationSetDoesNotExist",
    "ConfigurationSetDoesNotExistException",
    "MailFromDomainNotVerified",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",
}
_ROLE = f"The job's role needs ses:SendEmail and ses:SendRawEmail on {ARN_VARIABLE}"
_IDENTITY = (
    "Verify the identity in SES, in the region of [mail] of the settings, or name another one"
    f" there and in {ARN_VARIABLE}"
)
_ACCOUNT = "Look at the account and its identities in the SES console"
#: The identities in ``MessageRejected``, from the sender's and in the sandbox the recipient's.
_UNVERIFIED = re.compile(
    r"Email address (?:is not verified\. The following identities failed the check in region"
    r" [A-Za-z0-9-]+:|not verified) (?P<identities>.+)",
    re.DOTALL,
)
_PAUSED = re.compile(r"Sending (suspended|paused) for this account\b", re.IGNORECASE)
#: How SES begins its answer to an address that it cannot read. The sender's was checked before.
_BAD_ADDRESS = re.compile(
    r"Missing final '@domain'|Missing '|Illegal address|User name is missing|Invalid domain name"
    r"|Local address (contains|starts with|ends with) |Domain (contains|starts with|ends with) "
)
_OPENING, _CLOSING = "\"'`<([", "\"'`>)]"


@dataclass(frozen=True)
class Parties:
    """The parties whose identities an answer may name.

    :param recipient: the address that the mail goes to
    :param sender: the addresses and ARNs that every mail is sent by
    """

    recipient: str
    sender: Collection[str]

    def names_sender(self, words: Collection[str]) -> bool:
        """Return whether any of the words is an identity of the sender, its domain included."""
        domains = {name.rpartition("@")[2] for name in self.sender if "@" in name}
        known = {name.casefold() for name in (*self.sender, *domains)}
        return any(word.casefold() in known for word in words)

    def names_recipient(self, words: Collection[str]) -> bool:
        """Return whether any of the words is the recipient's address or domain."""
        address = self.recipient.casefold()
        return any(word.casefold() in (address, address.rpartition("@")[2]) for word in words)


def refusal(code: str, status: int, message: str, parties: Parties) -> Exception:
    """Return the error that one of SES' refusals means."""
    text = f"SES answered {code}: {' '.join(message.split())}"
    if code in _THROTTLED or status == 429:
        return _throttled(message, text)
    if code in _NOBODY_NOW or (code == "MessageRejected" and _PAUSED.match(message)):
        return SourceUnavailableError(text)
    if code in _SENDER:
        return SenderRefusedError(f"{text}. {_ACCOUNT}")
    if status == 403:
        return _denied(message, text, parties)
    if status == 503:
        return SourceUnavailableError(text)
    if status >= 500:
        return DoubtfulError(text)
    return _of_one_mail(message, text, parties)


def _throttled(message: str, text: str) -> Exception:
    if message.strip().rstrip(".").casefold() in _QUOTA_USED_UP:
        return SourceUnavailableError(
            f"{text}. The account's quota of mails in 24 hours is used up: the rest goes out with"
            " the next job"
        )
    return ThrottledError(text)


def _denied(message: str, text: str, parties: Parties) -> Exception:
    # In the sandbox the role needs a permission on the recipient's identity as well.
    if re.search(rf":identity/{re.escape(parties.recipient)}[`'\"]?\.?(\s|$)", message):
        return RefusedError(f"{text}. {_ROLE}, and in SES' sandbox on the recipient's identity")
    return SenderRefusedError(f"{text}. {_ROLE}")


def _of_one_mail(message: str, text: str, parties: Parties) -> Exception:
    if unverified := _UNVERIFIED.fullmatch(message.strip()):
        words = [word.strip() for word in unverified["identities"].split(",")]
        if parties.names_sender(words):
            return SenderRefusedError(f"{text}. {_IDENTITY}")
        if parties.names_recipient(words):
            return RecipientRefusedError(text)
        return RefusedError(text)
    others = {_bare(word) for word in message.split()} - {parties.recipient}
    if parties.names_sender(others):
        return SenderRefusedError(f"{text}. {_IDENTITY}")
    if _BAD_ADDRESS.match(message):
        return RecipientRefusedError(text)
    return RefusedError(text)


def _bare(word: str) -> str:
    """Return a word without the punctuation that follows it and one pair of quotes."""
    word = word.rstrip(".,;:")
    quoted = len(word) > 2 and word[0] in _OPENING and word[-1] in _CLOSING
    return word[1:-1] if quoted else word
