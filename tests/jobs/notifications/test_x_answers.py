"""X's refusals as they are: problem documents, numbers of the older API, pages of proxies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests import Response

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)
from emmaa_jobs.notifications.x_answers import refusal
from tests.jobs.example_counts import examples

PROBLEMS = "https://api.twitter.com/2/problems/"


def response(status: int, content: object) -> Response:
    made = Response()
    made.status_code, made.reason = status, "Reason"
    made._content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return made


def numbered(code: int, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


@pytest.mark.parametrize(
    ("status", "document", "advice"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "detail": "Unauthorized"}, "keys"),
        (401, numbered(89, "Invalid or expired token."), "keys"),
        (
            402,
            {"title": "CreditsDepleted", "type": f"{PROBLEMS}credits",
             "detail": "Your enrolled account [1] does not have any credits"},
            "Buy credits",
        ),
        (
            402,
            {"title": "Payment Required", "detail": "credits depleted",
             "type": "https://api.x.com/2/problems/credits-depleted"},
            "Buy credits",
        ),
        (402, {"title": "Payment Required", "detail": "spend cap"}, "spend cap"),
        (
            403,
            {"title": "SpendCapReached", "type": f"{PROBLEMS}credits",
             "detail": "Your enrolled account [1] has reached its billing cycle spend cap. API"
             " requests will be blocked until the next cycle begins on 2026-04-14."},
            "spend cap",
        ),
        (
            403,
            {"title": "Client Forbidden", "reason": "client-not-enrolled",
             "type": f"{PROBLEMS}client-forbidden",
             "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use"
             " keys and tokens from a Twitter developer App that is attached to a Project."},
            "Attach the app",
        ),
        (
            403,
            {"title": "Forbidden", "type": f"{PROBLEMS}user-suspended",
             "detail": "The user used for authentication is suspended"},
            "lift the account's suspension",
        ),
        (403, numbered(64, "Your account is suspended"), "lift the account's suspension"),
        (403, numbered(326, "this account is temporarily locked"), "unlock it"),
        (403, numbered(453, "You currently have access to a subset"), "Attach the app"),
        (
            403,
            {"title": "Forbidden", "type": f"{PROBLEMS}oauth1-permissions",
             "detail": "Your client app is not configured with the appropriate oauth1 app"
             " permissions for this endpoint."},
            "permission to write",
        ),
        (403, {"detail": "You are not permitted to perform this action."}, ""),
        (
            429,
            {"title": "UsageCapExceeded", "type": f"{PROBLEMS}usage-capped", "period": "Monthly",
             "detail": "Usage cap exceeded: Monthly product cap"},
            "next month",
        ),
        (410, {"title": "Gone", "detail": "This API is sunset."}, ""),
    ],
)  # fmt: skip
def test_what_concerns_the_account_stops_its_tweets(
    status: int, document: object, advice: str
) -> None:
    error = refusal(response(status, document), None)
    assert type(error) is SenderRefusedError
    assert str(error).startswith(f"X answered {status}")
    assert advice in str(error)


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."},
         RefusedError),
        (403, numbered(187, "Status is a duplicate."), RefusedError),
        (403, numbered(186, "Tweet needs to be a bit shorter."), RefusedError),
        (400, {"title": "Invalid Request", "type": f"{PROBLEMS}invalid-request"}, RefusedError),
        (429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, ThrottledError),
        (403, b"<html>blocked</html>", SourceUnavailableError),
        (500, b"", DoubtfulError),
        (503, {"detail": "over capacity"}, DoubtfulError),
    ],
)  # fmt: skip
def test_what_does_not(status: int, content: object, expected: type[Exception]) -> None:
    assert type(refusal(response(status, content), None)) is expected


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (numbered(186, "Tweet needs to be a bit shorter."), "186 - Tweet needs to be a bit"),
        ({"errors": [{"code": 186}, {"message": "Two faults."}]}, "Two faults."),
        ({"detail": "Not permitted.", "errors": [{"message": 5}]}, "Not permitted."),
    ],
)
def test_what_x_says_is_in_the_message(document: dict[str, Any], said: str) -> None:
    assert said in str(refusal(response(403, document), None))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "type", "detail", "title", "code", "message"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=examples(300))
@given(status=st.integers(400, 599), content=JSON | st.binary(max_size=30))
def test_any_answer_means_something_on_one_line(status: int, content: object) -> None:
    error = refusal(response(status, content), None)
    assert isinstance(
        error,
        DoubtfulError | RefusedError | SenderRefusedError | SourceUnavailableError | ThrottledError,
    )
    assert len(str(error).splitlines()) == 1
