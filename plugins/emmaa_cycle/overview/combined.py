"""Copies of all parts of a model's overview in one object, so that one request reads a model.

The copies decide nothing: one counts only while its ETag is that of the part's own object. So two
jobs may overwrite each other's copy without harm: the one that is lost costs one request until its
stage runs again.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, ValidationError

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import Line, Section
from emmaa_cycle.overview.part import MAX_BYTES, Part, Spent
from emmaa_cycle.s3_layout import combined_key
from emmaa_cycle.validation import described

#: Room for the parts of some 250 corpora.
MAX_COMBINED_BYTES = 32 * MAX_BYTES


class Kept(Section):
    """A part as the page keeps it.

    :param etag: the ETag that S3 gave the part's own object
    :param part: without its jobs
    :param spent: what these jobs cost
    """

    etag: Line
    part: Part
    spent: Spent = Field(default_factory=dict)


def kept_part(part: Part, etag: str) -> Kept:
    """Return a part as the page keeps it."""
    return Kept(etag=etag, part=part.model_copy(update={"jobs": ()}), spent=part.spent)


class Combined(Section):
    """The parts of a model by :attr:`Part.scope`."""

    format: Literal[1] = 1
    model: str
    parts: dict[str, Kept] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """The S3 key of the object."""
        return combined_key(self.model)

    def with_part(self, part: Part, etag: str) -> Combined:
        """Return a copy with this part in place of the earlier one."""
        parts = {**self.parts, part.scope: kept_part(part, etag)}
        return self.model_copy(update={"parts": dict(sorted(parts.items()))})


def parse_combined(model: str, content: bytes | str) -> Combined:
    """Read the JSON of a model's combined object.

    :raises InputError: if it is none, or another model's.
    """
    try:
        combined = Combined.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"no parts of an overview: {described(error)}") from None
    named = [combined.model, *(kept.part.model for kept in combined.parts.values())]
    if any(name != model for name in named):
        raise InputError(f"it has parts of other models than {model}")
    return combined


def combined_text(combined: Combined) -> str:
    """Return the JSON on one line, so that it stays small."""
    document = combined.model_dump(mode="json")
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
