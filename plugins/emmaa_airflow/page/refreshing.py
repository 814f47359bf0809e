"""Serves the newest snapshot at once, and refreshes it behind the reader's back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread

from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.snapshot import Snapshot

#: A snapshot that is older is refreshed when somebody looks at it.
FRESH_SECONDS = 60.0
#: A bucket that could not be read is tried again after this time.
RETRY_SECONDS = 10.0

logger = logging.getLogger(__name__)

Read = Callable[[Callable[[Snapshot], None]], None]


@dataclass(frozen=True)
class Seen:
    """The current contents of the page.

    :param snapshot: None if nothing could be read yet
    :param fault: why the last refresh failed; empty if it did not
    :param refreshing: whether a newer one is being read
    """

    snapshot: Snapshot | None
    fault: str
    refreshing: bool


class Refreshing:
    """The newest snapshot of all models.

    At most one thread reads at a time, however many requests there are.

    :param read: reads the bucket and publishes snapshots, complete ones last
    """

    def __init__(self, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._changed = Condition()
        self._snapshot: Snapshot | None = None
        self._fault = ""
        self._looked: float | None = None
        self._thread: Thread | None = None

    def look(self, *, wait: float, fresh: bool = False) -> Seen:
        """Return the newest snapshot, and start a refresh if it is old.

        :param wait: seconds to wait for a first snapshot, where there is none yet
        :param fresh: refresh now, however new it is
        """
        with self._changed:
            if self._is_due(fresh):
                self._begin()
            if self._snapshot is None:
                self._changed.wait_for(self._has_something, wait)
            return Seen(self._snapshot, self._fault, self._thread is not None)

    def _has_something(self) -> bool:
        return self._snapshot is not None or bool(self._fault) or self._thread is None

    def _is_due(self, fresh: bool) -> bool:
        if self._thread is not None:
            return False
        if self._looked is None or fresh:
            return True
        return self._clock() - self._looked > (RETRY_SECONDS if self._fault else FRESH_SECONDS)

    def _begin(self) -> None:
        if self._snapshot is None:
            self._fault = ""
        self._thread = Thread(target=self._refresh, name="emmaa-page-refresh", daemon=True)
        self._thread.start()

    def _refresh(self) -> None:
        fault = ""
        try:
            self._read(self._publish)
        except BucketFaultError as error:
            fault = str(error)
            logger.warning("%s", fault)
        except Exception as error:
            fault = f"The overview cannot be read: {type(error).__name__}: {error}"
            logger.exception("The overview cannot be read")
        with self._changed:
            self._fault, self._looked, self._thread = fault, self._clock(), None
            self._changed.notify_all()

    def _publish(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()
