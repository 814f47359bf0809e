"""X's API on this machine: it checks signatures, refuses repetitions and keeps its limits."""

from __future__ import annotations

from collections.abc import Callable

from oauthlib.oauth1 import (  # type: ignore[import-untyped]
    RequestValidator,
    ResourceEndpoint,
)

from tests.jobs.local_service import LocalService, Reply, Request

TOKENS = {
    "consumer_token": "consumer",
    "consumer_secret": "consumer-secret",
    "access_token": "access",
    "access_secret": "access-secret",
}


def problem(status: int, title: str, detail: str, **headers: str) -> Reply:
    """Return an error in X's format (RFC 9457)."""
    document = {"title": title, "type": "about:blank", "status": status, "detail": detail}
    return Reply.json(document, status=status, headers=headers)


UNAUTHORIZED = problem(401, "Unauthorized", "Unauthorized")
DUPLICATE = problem(
    403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."
)


SUSPENDED = Reply.json(
    {
        "title": "Forbidden",
        "type": "https://api.twitter.com/2/problems/user-suspended",
        "status": 403,
        "detail": "The user used for authentication is suspended",
    },
    status=403,
)


def too_many(**headers: str) -> Reply:
    """Return the error of an exhausted limit; headers have ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return problem(429, "Too Many Requests", "Too Many Requests", **named)


class FakeX:
    """Answers ``POST /2/tweets`` and keeps what was tweeted."""

    def __init__(self) -> None:
        self.tweets: list[str] = []
        #: Texts that are refused, and how.
        self.refusals: dict[str, Reply] = {}
        #: Called after a tweet was taken, before the answer goes out.
        self.taken: Callable[[], None] = lambda: None

    def __call__(self, request: Request) -> Reply:
        assert (request.method, request.path) == ("POST", "/2/tweets")
        if not _signed(request):
            return UNAUTHORIZED
        text = request.document["text"]
        for part, reply in self.refusals.items():
            if part in text:
                return reply
        if text in self.tweets:
            return DUPLICATE
        self.tweets.append(text)
        self.taken()
        return Reply.json({"data": {"id": str(len(self.tweets)), "text": text}}, status=201)


class _Known(RequestValidator):  # type: ignore[misc]
    """Knows one app and one account."""

    enforce_ssl = True
    dummy_client, dummy_access_token = "nobody", "nothing"

    @property
    def client_key_length(self) -> tuple[int, int]:
        return 1, 100

    access_token_length = nonce_length = client_key_length

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == TOKENS["consumer_token"]

    def validate_access_token(self, client_key: str, token: str, request: object) -> bool:
        return token == TOKENS["access_token"]

    def validate_timestamp_and_nonce(self, *args: object, **kwargs: object) -> bool:
        return True

    def validate_realms(self, *args: object, **kwargs: object) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: object) -> str:
        return TOKENS["consumer_secret"]

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        return TOKENS["access_secret"]


def _signed(request: Request) -> bool:
    # The signature is of X's own address: a relay passes on what was signed.
    valid, _ = ResourceEndpoint(_Known()).validate_protected_resource_request(
        "https://api.twitter.com/2/tweets", "POST", None, request.headers
    )
    return bool(valid)


def x_service(x: FakeX) -> LocalService:
    """X at an address of this machine; run it by ``running()``."""
    return LocalService(x)
