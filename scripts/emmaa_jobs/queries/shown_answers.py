"""The answers to a round's queries, for the EMMAA page (docs/reference/overview.md#answers)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from emmaa_cycle.overview.query_answers import (
    MAX_ANSWERS,
    MAX_ITEMS,
    AnswerItem,
    QueryAnswer,
    QueryAnswers,
)
from emmaa_cycle.s3_layout import public_url, query_answers_key
from emmaa_jobs.overview.record import not_done

if TYPE_CHECKING:
    from emmaa_jobs.bucket import Bucket
    from emmaa_jobs.left_out import LeftOutList
    from emmaa_jobs.queries.answering import Answer

_INTERVENTION = {
    "yes_increase": "yes, it increases",
    "yes_decrease": "yes, it decreases",
    "no_increase": "no, it increases",
    "no_decrease": "no, it decreases",
    "no_change": "no change",
}


def record_answers(
    bucket: Bucket,
    model: str,
    date_str: str,
    answers: Iterable[tuple[Answer, Collection[str]]],
    *,
    left_out: LeftOutList,
) -> str:
    """Write a round's answers for the page, which costs the job nothing if it fails.

    :param date_str: the round's ``<dt>``
    :param answers: each with the hashes of its items that are new
    :param left_out: the job's list; gets the reason if the answers cannot be written
    :returns: what the job's summary must say of it; empty if they were written
    """
    try:
        document = round_answers(bucket.name, model, date_str, answers)
        bucket.write_bytes(document.key, document.to_text().encode(), "application/json")
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs the page's answers alone
        key = query_answers_key(model, date_str)
        return not_done("answers for the page", key, error, left_out)
    return ""


def round_answers(
    bucket: str, model: str, date_str: str, answers: Iterable[tuple[Answer, Collection[str]]]
) -> QueryAnswers:
    """Return what people read of a round's answers: query by query, those with news first.

    :param bucket: its name, which begins the addresses of plots
    """
    found = [_answer(bucket, answer, new) for answer, new in answers]
    news = {each.query for each in found if any(item.is_new for item in each.items)}
    order = {
        query: place for place, query in enumerate(dict.fromkeys(each.query for each in found))
    }
    found.sort(key=lambda each: (each.query not in news, order[each.query]))
    more = max(len(found) - MAX_ANSWERS, 0)
    return QueryAnswers(model=model, date=date_str, answers=tuple(found[:MAX_ANSWERS]), more=more)


def _answer(bucket: str, answer: Answer, new: Collection[str]) -> QueryAnswer:
    found = [_item(bucket, item, number in new) for number, item in answer.response.items()]
    found.sort(key=lambda item: not item.is_new)
    # Paths by other statements look the same; one of them is enough to read.
    items = list({item.text: item for item in reversed(found)}.values())[::-1]
    return QueryAnswer(
        query=answer.query.text(),
        kind=answer.query.qtype,
        model_type=answer.mc_type,
        items=tuple(items[:MAX_ITEMS]),
        more=max(len(items) - MAX_ITEMS, 0),
        reason=answer.reason,
    )


def _item(bucket: str, item: Any, is_new: bool) -> AnswerItem:
    if not isinstance(item, Mapping):
        return AnswerItem(text=str(item), is_new=is_new)
    if "path" in item:
        return AnswerItem(text=str(item["path"]), is_path=True, is_new=is_new)
    plot = str(item.get("fig_path") or "")
    prefix = public_url(bucket, "")
    key = plot.removeprefix(prefix) if plot.startswith(prefix) else ""
    return AnswerItem(text=simulated_words(item), is_new=is_new, plot=key)


def simulated_words(item: Mapping[str, Any]) -> str:
    """Return an answer by simulation in words."""
    if "result" in item:
        return _INTERVENTION.get(str(item["result"]), str(item["result"]))
    rate, number = item.get("sat_rate"), item.get("num_sim")
    if not isinstance(rate, int | float):
        return json.dumps(item, ensure_ascii=False, default=str)
    simulations = "1 simulation" if number == 1 else f"{number} simulations"
    return f"holds in {100 * rate:.0f} % of {simulations}"
