"""Users of the demo, what they subscribe to, and the questions that are registered."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.seed.data.corpora import explained_since


@dataclass(frozen=True)
class Question:
    """A registered query.

    :param model: the model that is asked
    :param text: the question, as a sentence (docs/subscriptions.md)
    :param subscribers: the users who are notified of new answers
    :param paths: which model types find a path from which day on, as in
        :attr:`infra.local.seed.data.corpora.CorpusTest.explained`; empty if simulation answers
    :param applicable_since: the first day on which the model knows both entities. An answer is
        news only if there was another answer before it, so a path found on this very day is none
    """

    model: str
    text: str
    subscribers: tuple[str, ...]
    paths: str = ""
    applicable_since: int = 0

    def news(self, day: int) -> list[str]:
        """Return the model types whose answer is new on a day."""
        if day <= self.applicable_since:
            return []
        return [mc for mc, since in explained_since(self.paths).items() if since == day]


@dataclass(frozen=True)
class Person:
    """A user.

    :param models: the models whose news reach the user
    """

    email: str
    models: tuple[str, ...]
