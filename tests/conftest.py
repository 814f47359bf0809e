"""What holds for every test, in both environments."""

from __future__ import annotations

from tests.network_guard import no_network

__all__ = ["no_network"]
