"""SES' refusals are distinguished by code and identity, for any recipient's address."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RecipientRefusedError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from emmaa_jobs.notifications.ses_answers import Parties, refusal
from tests.jobs.example_counts import examples

SENDER = "emmaa_notifications@indra.bio"
BOUNCES = "feedback@indra.bio"
ARN = "arn:aws:ses:us-east-1:123456789012:identity/indra.bio"
UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1:"
)
DENIED = (
    "User `arn:aws:sts::123456789012:assumed-role/emmaa-mail/x' is not authorized to perform"
    " `ses:SendRawEmail' on resource"
)
NEUTRAL = "ada@example.org"


def meaning(code: str, status: int, message: str, recipient: str = NEUTRAL) -> type[Exception]:
    return type(refusal(code, status, message, Parties(recipient, (SENDER, BOUNCES, ARN))))


@pytest.mark.parametrize(
    ("code", "status", "message", "expected"),
    [
        # This recipient, for good.
        ("MessageRejected", 400, f"{UNVERIFIED} TO", RecipientRefusedError),
        ("BadRequestException", 400, "Domain contains dot-dot", RecipientRefusedError),
        ("BadRequestException", 400, "Missing final '@domain'", RecipientRefusedError),
        ("BadRequestException", 400, "Invalid domain name: 'x'.", RecipientRefusedError),
        # This mail; another attempt may end better.
        ("MessageRejected", 400, "Transaction failed: no To of TO", RefusedError),
        ("MessageRejected", 400, f"{UNVERIFIED} somebody@else.org", RefusedError),
        ("BadRequestException", 400, "no", RefusedError),
        (
            "AccessDeniedException", 403,
            f"{DENIED} `arn:aws:ses:us-east-1:123456789012:identity/TO'", RefusedError,
        ),
        # The sender, or the account.
        ("MessageRejected", 400, f"{UNVERIFIED} {SENDER}", SenderRefusedError),
        ("MessageRejected", 400, f"{UNVERIFIED} {SENDER}, TO", SenderRefusedError),
        ("MessageRejected", 400, f"{UNVERIFIED} TO, {BOUNCES}", SenderRefusedError),
        ("MessageRejected", 400, f"{UNVERIFIED} indra.bio", SenderRefusedError),
        ("MessageRejected", 400, f"Email address not verified {SENDER}", SenderRefusedError),
        ("BadRequestException", 400, f"Identity <{ARN}> is invalid.", SenderRefusedError),
        ("AccessDeniedException", 403, f"{DENIED} `{ARN}'", SenderRefusedError),
        ("AccessDeniedException", 403, "no", SenderRefusedError),
        ("AccountSuspendedException", 400, "no", SenderRefusedError),
        ("MailFromDomainNotVerifiedException", 400, "no", SenderRefusedError),
        ("NotFoundException", 404, "Configuration set <x> does not exist.", SenderRefusedError),
        # Everybody, for now.
        ("SendingPausedException", 400, "no", SourceUnavailableError),
        (
            "MessageRejected", 400, "Sending suspended for this account. For more information, …",
            SourceUnavailableError,
        ),
        ("ExpiredTokenException", 403, "no", SourceUnavailableError),
        ("ServiceUnavailable", 503, "no", SourceUnavailableError),
        # The quota of the day.
        ("Throttling", 400, "Daily message quota exceeded.", SourceUnavailableError),
        ("ThrottlingException", 400, "Daily message quota exceeded", SourceUnavailableError),
        ("TooManyRequestsException", 429, "Daily message quota exceeded.", SourceUnavailableError),
        ("LimitExceededException", 400, "Daily message quota exceeded.", SourceUnavailableError),
        # Too fast.
        ("TooManyRequestsException", 429, "Maximum sending rate exceeded.", ThrottledError),
        ("Throttling", 400, "Maximum sending rate exceeded.", ThrottledError),
        ("Throttling", 400, "Rate exceeded for TO", ThrottledError),
        # Perhaps sent.
        ("InternalServiceErrorException", 500, "no", DoubtfulError),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "recipient",
    [
        NEUTRAL, "daily@example.org", "paused@suspended.account", "someone@indra.bio",
        "not.emmaa_notifications@indra.bio", "'emmaa_notifications@indra.bio", "s@indra.bio",
        "quota.exceeded@throttling.example",
    ],
)  # fmt: skip
def test_what_a_refusal_means(
    code: str, status: int, message: str, expected: type[Exception], recipient: str
) -> None:
    assert meaning(code, status, message.replace("TO", recipient), recipient) is expected


LOCAL = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}", fullmatch=True)
WORDS = st.sampled_from(
    ["daily", "quota", "exceeded", "sending", "paused", "throttling", "region", "verified",
     "emmaa_notifications", "feedback", "identity", "Email", "Daily.message.quota.exceeded"]
)  # fmt: skip
RECIPIENTS = st.tuples(
    st.lists(st.one_of(LOCAL, WORDS), min_size=1, max_size=3).map(".".join),
    st.sampled_from(["indra.bio", "example.org", "ses.amazonaws.com", "daily.quota"]),
).map("@".join)
MESSAGES = st.sampled_from(
    [f"{UNVERIFIED} TO", "TO", "Transaction failed for TO.", "<TO> is invalid",
     "Domain of 'TO' is odd", "Illegal address: TO", "no permission for `TO'"]
)  # fmt: skip


@settings(max_examples=examples(500))
@given(recipient=RECIPIENTS, message=MESSAGES)
@example("daily@example.org", f"{UNVERIFIED} TO")
@example("daily@example.org", "Transaction failed for TO.")
def test_no_recipients_address_stops_the_mails_to_others(recipient: str, message: str) -> None:
    assume(recipient.casefold() not in (SENDER, BOUNCES))
    for code in ("MessageRejected", "BadRequestException"):
        shown = message.replace("TO", recipient)
        expected = meaning(code, 400, message.replace("TO", NEUTRAL))
        assert meaning(code, 400, shown, recipient) is expected
        assert issubclass(expected, RefusedError)


def test_messages_say_what_to_fix() -> None:
    parties = Parties(NEUTRAL, (SENDER,))
    for code, status, message, advice in [
        ("MessageRejected", 400, f"{UNVERIFIED} {SENDER}", "Verify the identity in SES"),
        ("AccessDeniedException", 403, "no", "role needs ses:SendEmail"),
        ("AccountSuspendedException", 400, "no", "SES console"),
        ("Throttling", 400, "Daily message quota exceeded.", "quota of mails in 24 hours"),
    ]:
        assert re.search(advice, str(refusal(code, status, message, parties)))
