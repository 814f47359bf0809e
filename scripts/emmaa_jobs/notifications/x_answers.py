"""X's refusals: which are one tweet's, which the account's, and which pass.

X describes an error by a problem document (RFC 9457) whose ``type`` ends in the problem's name, or
by the numbers of its older API (https://docs.x.com/x-api/fundamentals/response-codes-and-errors).
Only what is known to be about one text is that tweet's refusal; any other refusal is the
account's, so that it is one message to operators and not one a tweet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import (
    DoubtfulError,
    RefusedError,
    SenderRefusedError,
    ThrottledError,
)

#: Numbers of refusals that are about the text: too long, a repetition, a link that X blocks.
_OF_THE_TEXT = {186, 187, 240}
_DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
#: What to do, by the problem's name.
_ADVICE = {
    "credits": "Buy credits or raise the spend cap in X's developer console",
    "credits-depleted": "Buy credits in X's developer console",
    "usage-capped": "Wait for the next month, or raise the plan in X's developer console",
    "user-suspended": "Ask X to lift the account's suspension",
    "client-forbidden": "Attach the app to a project with access to the API v2 in X's developer"
    " console",
    "oauth1-permissions": "Give the app the permission to write in X's developer console, then"
    " make new keys",
}
#: The same, by the numbers of the older API.
_ADVICE_BY_NUMBER = {
    63: _ADVICE["user-suspended"],
    64: _ADVICE["user-suspended"],
    261: _ADVICE["oauth1-permissions"],
    326: "Log in to the account and unlock it",
    453: _ADVICE["client-forbidden"],
}
_KEYS = (
    "Look at the account's keys in the parameter store (docs/jobs.md) and at its app in X's"
    " developer console: it needs the permission to write"
)
_STOP = ", or take `twitter` out of the config"
_EXCERPT = 300


@dataclass(frozen=True)
class Problem:
    """An error as X describes it.

    :param name: the end of the problem's type, such as ``user-suspended``; empty if it has none
    :param numbers: the older API's numbers
    :param is_document: whether X itself answered, and not a proxy with a web page
    """

    status: int
    reason: str
    name: str
    detail: str
    numbers: frozenset[int]
    is_document: bool

    @property
    def text(self) -> str:
        """The whole on one line."""
        name = f" ({self.name})" if self.name else ""
        return " ".join(f"X answered {self.status} {self.reason}{name} {self.detail}".split())

    @property
    def is_of_the_text(self) -> bool:
        """True if another text might be accepted."""
        return bool(self.numbers & _OF_THE_TEXT) or self.detail == _DUPLICATE


def refusal(response: Any, wait: float | None) -> Exception:
    """Return the error that an answer other than a tweet means.

    :param response: of ``requests``
    :param wait: how long X asks to wait, in seconds; None if it does not say
    """
    problem = read_problem(response)
    status, text = problem.status, problem.text
    if status >= 500:
        return DoubtfulError(text)
    if status == 429 and problem.name != "usage-capped":
        return ThrottledError(text, wait)
    if not problem.is_document and status not in (401, 402):
        return SourceUnavailableError(f"{text}: that is not an answer of X's API")
    if problem.is_of_the_text or (status == 400 and not problem.numbers & set(_ADVICE_BY_NUMBER)):
        return RefusedError(text)
    return SenderRefusedError(f"{text}. {_advice(problem)}{_STOP}")


def read_problem(response: Any) -> Problem:
    """Read an error of X, of whatever form."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        document = None
    fields = document if isinstance(document, dict) else {}
    errors = [each for each in _listed(fields.get("errors")) if isinstance(each, dict)]
    numbers = {each["code"] for each in errors if isinstance(each.get("code"), int)}
    kind = fields.get("type")
    name = kind.rpartition("/")[2] if isinstance(kind, str) and "/problems/" in kind else ""
    detail = " ".join("; ".join(_texts(fields, errors)).split()) or _excerpt(response)
    return Problem(
        status=response.status_code,
        reason=str(response.reason or ""),
        name=name,
        detail=detail[:_EXCERPT],
        numbers=frozenset(numbers),
        is_document=bool(fields),
    )


def _texts(fields: dict[str, Any], errors: list[dict[str, Any]]) -> Iterator[str]:
    detail = fields.get("detail") or fields.get("title")
    if isinstance(detail, str):
        yield detail
    for error in errors:
        if isinstance(message := error.get("message"), str):
            number = error.get("code")
            yield f"{number} - {message}" if isinstance(number, int) else message


def _excerpt(response: Any) -> str:
    content = bytes(response.content[:_EXCERPT]).decode("utf-8", "replace")
    return " ".join(content.split())


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _advice(problem: Problem) -> str:
    if problem.name in _ADVICE:
        return _ADVICE[problem.name]
    by_number = [advice for code, advice in _ADVICE_BY_NUMBER.items() if code in problem.numbers]
    if by_number:
        return by_number[0]
    return _ADVICE["credits"] if problem.status == 402 else _KEYS
