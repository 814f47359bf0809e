"""Blocking calls outside a triggerer's event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function beside the event loop.

    ``thread_sensitive`` would make all triggers of the process wait for each other.
    """
    call: Any = sync_to_async(function, thread_sensitive=False)
    result: T = await call(*args, **kwargs)
    return result
