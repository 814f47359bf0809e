"""Wording of pydantic's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

#: Faults of a document that a message names.
_NAMED = 3


def described(error: ValidationError) -> str:
    """Return a document's first faults as ``field: what is wrong``, without the document."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'the document'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:_NAMED]
    )
