"""The errors of the embedded AWS."""

from __future__ import annotations


class UsageError(Exception):
    """An option, a port or a saved state that cannot be used; the message says how to fix it."""
