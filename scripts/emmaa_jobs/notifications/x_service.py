"""X (Twitter) as the service of tweets: ``POST /2/tweets`` by tweepy (docs/jobs.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.notifications.service import DoubtfulError
from emmaa_jobs.notifications.tweets import Tweet
from emmaa_jobs.notifications.x_answers import refusal
from emmaa_jobs.notifications.x_credentials import Credentials

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

#: The original's pace: one tweet a second.
TWEETS_PER_SECOND = 1
#: The address that tweepy asks; another one in the settings takes its place.
HOME = "https://api.twitter.com"
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
#: X's limits, each with its own headers: of the endpoint, of the account and app for a day.
_LIMITS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")


class XTweetService:
    """Tweets in the name of one account, with OAuth 1.0a.

    :param api_url: where X's API is
    :param now: seconds since 1970, as X tells when a limit ends
    """

    def __init__(
        self,
        credentials: Credentials,
        api_url: str = HOME,
        now: Callable[[], float] = time.time,
        read_seconds: float = _READ_SECONDS,
    ) -> None:
        import tweepy

        self._now = now
        self._client: Any = tweepy.Client(
            consumer_key=credentials.consumer_token,
            consumer_secret=credentials.consumer_secret,
            access_token=credentials.access_token,
            access_token_secret=credentials.access_secret,
        )
        self._client.session.mount(HOME, _adapter(api_url, read_seconds))
        self._client.session.hooks["response"].append(self._keep)
        self._answer: Any = None

    def send(self, message: Tweet) -> str:
        """Tweet, and return X's id of the tweet; see :class:`Service`."""
        import requests
        import tweepy

        self._answer = None
        try:
            answer = self._client.create_tweet(text=message.text, user_auth=True)
            return str(answer.data["id"])
        except tweepy.HTTPException as error:
            raise refusal(error.response, self._wait(error.response.headers)) from error
        except requests.RequestException as error:
            raise _unanswered(error) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            response = self._answer
            if response is not None and 400 <= response.status_code < 500:
                # A refusal of a form that tweepy does not know.
                raise refusal(response, self._wait(response.headers)) from error
            raise DoubtfulError("X answered something that is not a tweet") from error

    def _keep(self, response: Any, **_: Any) -> None:
        """Keep X's answer, which tweepy loses if it cannot read it."""
        self._answer = response

    def _wait(self, headers: Mapping[str, str]) -> float | None:
        """Return how long it takes until every limit that is used up has ended, in seconds."""
        used_up = [limit for limit in _LIMITS if headers.get(f"{limit}-remaining", "0") == "0"]
        ends = [headers.get(f"{limit}-reset", "") for limit in used_up]
        moments = [float(end) for end in ends if end.isdecimal()]
        return max(0.0, max(moments) - self._now()) + 1 if moments else None


def _adapter(api_url: str, read_seconds: float) -> HTTPAdapter:
    from requests.adapters import HTTPAdapter
    from requests.utils import get_environ_proxies

    class Adapter(HTTPAdapter):
        """Gives up in time, which tweepy does not, and asks where the settings say."""

        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            request.url = api_url.rstrip("/") + request.url.removeprefix(HOME)
            options["proxies"] = get_environ_proxies(request.url)
            options["timeout"] = (_CONNECT_SECONDS, read_seconds)
            return super().send(request, **options)

    return Adapter()


def _unanswered(error: Exception) -> Exception:
    import requests
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    before = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
    if isinstance(error, before) or isinstance(reason, NewConnectionError):
        # Nothing was asked yet. The text of such an error is long and says no more.
        cause = type(reason or error).__name__
        return SourceUnavailableError(f"X cannot be reached: {cause}")
    return DoubtfulError(f"X did not answer: {type(error).__name__}")
