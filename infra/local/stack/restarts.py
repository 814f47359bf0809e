"""The policy of restarts: how long to wait before a component is started again, and when to stop.

The pauses double from one second. A component that ends too often within a window stays down: a
fault that comes back at once is not repaired by a further start.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """Limits of restarts.

    :param most: restarts of one component within the window; its next end is final
    :param window: seconds that an end counts
    :param first_pause: seconds before the first restart; each further one waits twice as long
    :param longest_pause: seconds that no pause exceeds
    """

    most: int = 5
    window: float = 600.0
    first_pause: float = 1.0
    longest_pause: float = 30.0


class EndedTimes:
    """The ends of one component."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._ends: deque[float] = deque()

    def pause_after(self, now: float) -> float | None:
        """Note an end and return the seconds until the restart; None if there is to be none.

        :param now: a clock that never goes back, seconds
        """
        while self._ends and now - self._ends[0] > self._policy.window:
            self._ends.popleft()
        self._ends.append(now)
        if len(self._ends) > self._policy.most:
            return None
        doubled = self._policy.first_pause * 2.0 ** (len(self._ends) - 1)
        return min(doubled, self._policy.longest_pause)
