"""Reading a process' output as it comes, into a log stream."""

from __future__ import annotations

import logging
import os
import selectors
import threading
import time

from infra.local.aws.runtime.log_stream import LogStreamWriter

logger = logging.getLogger(__name__)

_READ_BYTES = 64 * 1024
_FLUSH_SECONDS = 0.1
#: No pipe holds more, so what is read beyond it after the process' end was written later.
_PIPE_BYTES = 1024 * 1024


class OutputPump:
    """A pipe whose writing end is a process' output and whose reader is a thread.

    :param stream: gets all that is written
    """

    def __init__(self, stream: LogStreamWriter) -> None:
        self._stream = stream
        self._source, self.writing_end = os.pipe()
        self._wake_source, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name=f"output {stream.name}", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let go of the writing end, which the process has now, if it started."""
        os.close(self.writing_end)

    def finish(self) -> None:
        """Read what the ended process wrote and close the stream.

        A process that left the group may still hold the pipe; it is not waited for.
        """
        os.close(self._wake)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._pump()
            self._stream.close()
        except Exception:
            logger.exception("The log stream %s is incomplete", self._stream.name)
            self._drain()
        finally:
            os.close(self._source)
            os.close(self._wake_source)

    def _pump(self) -> None:
        left_after_end = _PIPE_BYTES
        ended = unflushed = False
        last_flush = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ)
            selector.register(self._wake_source, selectors.EVENT_READ)
            while left_after_end > 0:
                timeout = 0 if ended else _FLUSH_SECONDS if unflushed else None
                ready = {key.fd for key, _ in selector.select(timeout)}
                if self._wake_source in ready:
                    selector.unregister(self._wake_source)
                    ended = True
                if self._source in ready:
                    output = os.read(self._source, _READ_BYTES)
                    if not output:
                        return
                    self._stream.write(output)
                    unflushed = True
                    left_after_end -= len(output) if ended else 0
                elif ended and self._wake_source not in ready:
                    return
                if unflushed and time.monotonic() - last_flush >= _FLUSH_SECONDS:
                    self._stream.flush()
                    unflushed, last_flush = False, time.monotonic()

    def _drain(self) -> None:
        # The process must not hang on a full pipe because its log failed.
        while os.read(self._source, _READ_BYTES):
            pass
