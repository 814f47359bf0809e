"""Keeping to a service's rate."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pacer:
    """Lets things happen no faster than a rate.

    :param per_second: the most that may happen in a second, evenly spread
    :param clock: seconds that only grow
    :param sleep: waits for a number of seconds
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self.sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Wait for the next turn."""
        now = self._clock()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + self._interval

    def slow_down(self) -> None:
        """Halve the rate from now on: the service allows less than was known."""
        self._interval *= 2
