"""A model's news as tweets: the mails' messages, one a tweet, within X's length."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from emmaa_jobs.notifications.delivery import Letter
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.messages import ModelMessage, Style, model_messages, model_type_name
from emmaa_jobs.notifications.plain_text import one_line
from emmaa_jobs.notifications.round_stats import RoundStats

#: The accounts of the projects that two model types come from.
_ACCOUNTS = {"pysb": "@PySysBio", "pybel": "@pybelbio"}
#: X's limit, by its own weights: a link weighs 23, most letters 1, Chinese ones and emoji 2.
LONGEST = 280
#: The longest names of test corpora to try, by weight. Most messages leave room for the first.
LONGEST_NAMES = (140, 100, 60, 20, 1)
_CUT = "…"
# Characters that X refuses in a tweet (twitter-text, invalid characters).
_REFUSED = re.compile("[\ufffe\ufeff\uffff\u202a-\u202e]")


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


def tweet_letters(account: str, model: str, stats: RoundStats, links: Links) -> list[Letter[Tweet]]:
    """Return one tweet for each piece of news.

    :param account: the config's ``twitter``
    :raises InputError: if statistics lack a field, naming key and field.
    """
    candidates = [
        model_messages(model, stats, links, Style(_type_name, partial(shortened, longest=longest)))
        for longest in LONGEST_NAMES
    ]
    return [_letter(account, versions) for versions in zip(*candidates, strict=True)]


@functools.cache
def shortened(name: str, longest: int = LONGEST_NAMES[0]) -> str:
    """Return a name on one line, cut to a weight."""
    name = " ".join(_REFUSED.sub(" ", one_line(name)).split())
    if weight(name) <= longest:
        return name
    # The weight grows with the length, except where a cut makes or breaks a link.
    low, high = 0, len(name)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weight(name[:middle] + _CUT) <= longest else (low, middle - 1)
    while low and weight(name[:low].rstrip() + _CUT) > longest:
        low -= 1
    return name[:low].rstrip() + _CUT


def weight(text: str) -> int:
    """Return what X counts for a text: a link, an emoji, a letter each by its own rule."""
    measured: int = _parse(text).weightedLength
    return measured


def is_accepted(text: str) -> bool:
    """Return whether X takes the text for a tweet, by length and characters."""
    valid: bool = _parse(text).valid
    return valid


def _parse(text: str) -> Any:
    with warnings.catch_warnings():
        # The package finds its list of emoji by pkg_resources.
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
        from twitter_text import parse_tweet

    return parse_tweet(text)


def _type_name(mc_type: str) -> str:
    return _ACCOUNTS.get(mc_type) or model_type_name(mc_type)


def _letter(account: str, versions: Sequence[ModelMessage]) -> Letter[Tweet]:
    def compose(_items: Sequence[str]) -> Tweet:
        return Tweet(_fitting(versions))

    return Letter(f"X account {account}", [versions[0].item], compose)


def _fitting(versions: Sequence[ModelMessage]) -> str:
    """Return the first version that X accepts; the shortest without its link if none is."""
    for version in versions:
        if is_accepted(version.message):
            return version.message
    # X does not know every link: one to a host without a public domain counts in full.
    shortest = versions[-1]
    return shortened(f"{shortest.start}{shortest.delta_part}{shortest.middle}.", LONGEST)
