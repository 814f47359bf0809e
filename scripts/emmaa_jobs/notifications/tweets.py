"""A model's news as tweets: the mails' messages, one a tweet, within X's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.messages import ModelMessage, Style, model_messages, model_type_name
from emmaa_jobs.notifications.round_stats import RoundStats

#: The accounts of the projects that two model types come from (emmaa-facts, section 7).
_ACCOUNTS = {"pysb": "@PySysBio", "pybel": "@pybelbio"}
#: What X lets a tweet weigh. A link weighs 23, most letters 1, and others, as Chinese ones, 2.
LONGEST = 280
#: What all else of a message weighs less than leaves so much for the name of a test corpus.
LONGEST_NAME = 140
# Code points that weigh 1 (the public counting rules of X, version 3).
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_CUT = "…"


@dataclass(frozen=True)
class Tweet:
    """A tweet of one account."""

    text: str

    @property
    def title(self) -> str:
        """The whole tweet: it is short."""
        return self.text

    @property
    def shown(self) -> str:
        """The tweet as it would be read."""
        return f"Tweet: {self.text}"


def tweet_letters(account: str, model: str, stats: RoundStats, domain: str) -> list[Letter[Tweet]]:
    """One tweet for each piece of news.

    :param account: the config's ``twitter``
    :param domain: the web service's host
    :raises InputError: if statistics lack a field, naming key and field.
    """
    style = Style(_type_name, shortened)
    messages = model_messages(model, stats, domain, style)
    return [_letter(account, message) for message in messages]


def shortened(name: str) -> str:
    """A name on one line, cut where a tweet would have no room for it."""
    name = " ".join(name.split())
    if weight(name) <= LONGEST_NAME:
        return name
    while weight(name) > LONGEST_NAME - weight(_CUT):
        name = name[:-1]
    return name.rstrip() + _CUT


def weight(text: str) -> int:
    """What X counts for a text without links."""
    light = sum(any(low <= ord(letter) <= high for low, high in _LIGHT) for letter in text)
    return 2 * len(text) - light


def _type_name(mc_type: str) -> str:
    return _ACCOUNTS.get(mc_type) or model_type_name(mc_type)


def _letter(account: str, message: ModelMessage) -> Letter[Tweet]:
    def compose(_items: Sequence[str]) -> Tweet:
        return Tweet(message.message)

    return Letter(f"X account {account}", [message.item], compose)
