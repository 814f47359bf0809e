"""The answers to a model's registered queries in one round, as people read them.

The primary database has all of them (docs/reference/query-answers.md); this is what the EMMAA page
shows. It names no user.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import ValidationError

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import Count, Line, RoundDate, Section
from emmaa_cycle.s3_layout import query_answers_key
from emmaa_cycle.validation import described

#: Items of one answer, of which an open search may have hundreds.
MAX_ITEMS = 10
MAX_ANSWERS = 500
#: No longer object is read: more than that many answers of so many lines do not have.
MAX_BYTES = 8 << 20


class AnswerItem(Section):
    """One part of an answer, such as one path.

    :param text: what people read
    :param is_path: whether the text is a path, which can be drawn
    :param is_new: whether no earlier round's answer had it
    :param plot: the S3 key of its plot; empty if it has none
    """

    text: Line
    is_path: bool = False
    is_new: bool = False
    plot: Line = ""


class QueryAnswer(Section):
    """One model type's answer to a query.

    :param query: the query in English
    :param kind: the query's type, such as ``path_property``
    :param model_type: empty if the query does not apply to the model
    :param items: new ones first
    :param more: the number of items that are not here
    :param reason: why the query could not be answered; empty if it was
    """

    query: Line
    kind: Line
    model_type: Line = ""
    items: tuple[AnswerItem, ...] = ()
    more: Count = 0
    reason: Line = ""


class QueryAnswers(Section):
    """The answers of one round.

    :param date: the round's ``<dt>``
    :param more: the number of answers that are not here
    """

    format: Literal[1] = 1
    model: str
    date: RoundDate
    answers: tuple[QueryAnswer, ...] = ()
    more: Count = 0

    @property
    def key(self) -> str:
        """The S3 key of the object."""
        return query_answers_key(self.model, self.date)

    def to_text(self) -> str:
        """Return it as JSON."""
        document = self.model_dump(mode="json")
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of_text(cls, content: bytes | str) -> QueryAnswers:
        """Read what :meth:`to_text` wrote.

        :raises InputError: if it is something else, naming the faults but not the object.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise InputError(f"no answers of a round: {described(error)}") from None
