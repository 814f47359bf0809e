"""The pace of a refresh, which shares Airflow's web server, and so one interpreter, with others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

#: Threads rest so many times as long as they have computed.
REST = 3.0


class Pace:
    """Makes the threads of a refresh rest in proportion to the processor time that they take.

    Python runs one thread at a time, for up to 5 ms: beside threads that compute without a rest,
    each step of Airflow's own requests would wait that long.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        computed: Callable[[], float] = time.thread_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        #: Off while somebody waits for what is read.
        self.is_on = False
        self._clock = clock
        self._computed = computed
        self._sleep = sleep
        self._lock = Lock()
        self._free_at = 0.0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Rest after a step of this thread, once the steps of the others have had their rests."""
        begun = self._computed()
        yield
        if self.is_on:
            self._rest(REST * (self._computed() - begun))

    def _rest(self, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            self._free_at = max(now, self._free_at) + seconds
            wait = self._free_at - now
        self._sleep(wait)
