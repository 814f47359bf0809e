"""Progress of long steps: a bar on a terminal, and now and then a line in a log."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")

#: How far apart lines of progress in a log are at least, seconds.
LINE_SECONDS = 30.0

logger = logging.getLogger(__name__)


def progress(
    items: Iterable[T],
    what: str,
    unit: str,
    total: int | None = None,
    seconds: float = LINE_SECONDS,
) -> Iterable[T]:
    """Return the items, and show progress while they are processed.

    :param what: the step, such as ``searching PubMed``
    :param unit: one item's name, such as ``paper``
    :param total: how many there are, where ``items`` does not know its length
    :param seconds: how far apart lines in a log are at least
    """
    from tqdm import tqdm

    if sys.stderr.isatty():
        bar: Iterable[T] = tqdm(items, desc=what, unit=unit, total=total)
        return bar
    lines: Iterable[T] = _lines()(
        items, desc=what, unit=unit, total=total, mininterval=seconds, miniters=1, leave=False
    )
    return lines


@functools.cache
def _lines() -> type[tqdm[Any]]:
    from tqdm import tqdm

    class Lines(tqdm):  # type: ignore[misc]
        """Logs where a bar would be redrawn; logs nothing for a short step."""

        # The thread that redraws a bar that hangs has nothing to do here.
        monitor_interval = 0

        def display(self, *_args: Any, **_options: Any) -> None:
            """Log how far the step is, but not at its beginning."""
            if self.n:
                known = self.format_dict
                of = f" of {known['total']}" if known["total"] else ""
                logger.info(
                    "%s: %d%s %ss in %.0f s", self.desc, self.n, of, self.unit, known["elapsed"]
                )

        def close(self) -> None:
            """Draw nothing at the end: the job says itself what came out."""
            self.disable = True

    return Lines
