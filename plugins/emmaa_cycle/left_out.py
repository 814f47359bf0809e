"""Lists of what a stage left out, so that one bad input costs only itself (docs/architecture.md).

A stage stores one list per round under :func:`emmaa_cycle.s3_layout.left_out_key`. An item is *new*
if the stage's previous list did not have it: operators are notified of it once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.printable import printable_line

#: The units that can be left out (docs/architecture.md), with their plural for summaries.
KINDS = {
    "statement": "statements",
    "evidence": "evidences",
    "file": "files",
    "paper": "papers",
    "search term": "search terms",
    "test": "tests",
    "query": "queries",
    "model type": "model types",
    "export": "exports",
    "corpus": "corpora",
    "recipient": "recipients",
    "result": "results",
    "service": "services",
    "model": "models",
    "line": "lines",
    "title": "titles",
    "plot": "plots",
    "row": "rows",
    "grounding": "groundings",
}
#: Items that a list names in full; the count covers all.
MAX_ITEMS = 1000
_KIND_LENGTH = 40
_ITEM_LENGTH = 300
_REASON_LENGTH = 500
_WHERE_LENGTH = 1100  # an S3 key has at most 1024 bytes


@dataclass(frozen=True)
class LeftOut:
    """One item that a stage left out.

    Texts are made printable, one line each, and shortened where they are very long.

    :param kind: one of :data:`KINDS`, or of a later version's
    :param item: its name for people, the same in each round
    :param reason: why it was left out
    :param where: the S3 key, source, model type or corpus that it belongs to
    :param new: whether the stage's previous list did not have it
    """

    kind: str
    item: str
    reason: str
    where: str = ""
    new: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", printable_line(self.kind, _KIND_LENGTH))
        object.__setattr__(self, "item", printable_line(self.item, _ITEM_LENGTH))
        object.__setattr__(self, "reason", printable_line(self.reason, _REASON_LENGTH))
        object.__setattr__(self, "where", printable_line(self.where, _WHERE_LENGTH))

    @property
    def identity(self) -> str:
        """A digest of kind, item and where; items with the same digest are the same."""
        content = "\0".join((self.kind, self.item, self.where))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class LeftOutReport:
    """The items that one stage left out in one round.

    :param stage: the stage's name, with the corpus for stages that run once a corpus
    :param date: the round's ``<dt>``
    :param items: at most :data:`MAX_ITEMS`, new ones first
    :param counts: how many items of each kind, unlisted ones included
    :param new_count: how many items are new, unlisted ones included
    :param unlisted: identities of the items beyond the limit of ``items``
    """

    model: str
    stage: str
    date: str
    items: Sequence[LeftOut] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    new_count: int = 0
    unlisted: Sequence[str] = ()

    @property
    def count(self) -> int:
        """Return the number of items that were left out."""
        return sum(self.counts.values())

    @property
    def identities(self) -> frozenset[str]:
        """The identities of all items."""
        return frozenset({*(item.identity for item in self.items), *self.unlisted})


def left_out_report(
    model: str,
    stage: str,
    date: str,
    items: Iterable[LeftOut],
    earlier: LeftOutReport | None = None,
) -> LeftOutReport:
    """Return a round's report.

    :param items: in any order; of equal items the first one counts
    :param earlier: the stage's previous report; its items are not new
    """
    known = earlier.identities if earlier else frozenset()
    distinct: dict[str, LeftOut] = {}
    for item in items:
        if item.kind not in KINDS:
            raise ValueError(f"{item.kind!r} is not a kind of item: add it to KINDS")
        distinct.setdefault(item.identity, replace(item, new=item.identity not in known))
    ordered = sorted(
        distinct.values(), key=lambda item: (not item.new, item.kind, item.where, item.item)
    )
    return LeftOutReport(
        model,
        stage,
        date,
        ordered[:MAX_ITEMS],
        dict(sorted(Counter(item.kind for item in ordered).items())),
        sum(item.new for item in ordered),
        [item.identity for item in ordered[MAX_ITEMS:]],
    )


def left_out_summary(counts: Mapping[str, int]) -> str:
    """Return ``left out: 2 statements, 1 file``, or an empty text if nothing was left out."""
    parts = [
        f"{count} {kind if count == 1 else KINDS.get(kind, f'{kind}s')}"
        for kind, count in counts.items()
    ]
    return f"left out: {', '.join(parts)}" if parts else ""


def left_out_document(report: LeftOutReport) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "model": report.model,
        "stage": report.stage,
        "date": report.date,
        "count": report.count,
        "new_count": report.new_count,
        "counts": dict(report.counts),
        "items": [
            {
                "kind": item.kind,
                "item": item.item,
                "reason": item.reason,
                "where": item.where,
                "new": item.new,
            }
            for item in report.items
        ],
        "unlisted": list(report.unlisted),
    }


def parse_left_out(document: Any) -> LeftOutReport:
    """Read the output of :func:`left_out_document`.

    :raises InputError: if it is not such a document; the message names the fault, not the object.
    """
    try:
        return LeftOutReport(
            model=document["model"],
            stage=document["stage"],
            date=document["date"],
            items=[_parse_item(item) for item in document["items"]],
            counts={kind: int(document["counts"][kind]) for kind in document["counts"]},
            new_count=int(document["new_count"]),
            unlisted=[str(identity) for identity in document["unlisted"]],
        )
    except ODD_CONTENT as error:
        raise InputError(f"no list of what was left out: {type(error).__name__}: {error}") from None


def _parse_item(item: Any) -> LeftOut:
    texts = {name: str(item[name]) for name in ("kind", "item", "reason", "where")}
    return LeftOut(**texts, new=bool(item["new"]))
