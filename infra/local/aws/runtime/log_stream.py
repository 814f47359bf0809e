"""Writes a process' output line by line into a CloudWatch log stream, within bounds.

A stream keeps its first and its last events. What lies between is cut, and a line says how much,
so that a process that floods its output costs neither the server's memory nor its own log's end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from moto.logs.models import LogEvent, LogsBackend, LogStream

from infra.local.aws.runtime.clock import now_ms
from infra.local.aws.runtime.locks import service_lock

#: Longer lines become several events; that is what Docker's awslogs driver does.
MAX_EVENT_BYTES = 256 * 1024
_FLUSH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class LogLimits:
    """The size of one stream that is kept.

    :param head_events: the first events, never cut
    :param head_bytes: ends the head early, bytes
    :param tail_events: the last events
    :param tail_bytes: the last events' size, bytes
    """

    head_events: int = 1_000
    head_bytes: int = 1024 * 1024
    tail_events: int = 10_000
    tail_bytes: int = 8 * 1024 * 1024


class LogStreamWriter:
    """Writes one process' output into one log stream; used by one thread at a time.

    :param backend: returns moto's logs backend; asked each time, because a reset replaces it
    """

    def __init__(
        self,
        backend: Callable[[], LogsBackend],
        group: str,
        name: str,
        limits: LogLimits | None = None,
    ) -> None:
        self.group = group
        self.name = name
        self._backend = backend
        self._limits = limits or LogLimits()
        self._pending = bytearray()
        self._events: list[LogEvent] = []
        self._head = 0
        self._head_bytes = 0
        self._head_full = False
        self._tail_sizes: deque[int] = deque()
        self._tail_bytes = 0
        self._cut_lines = 0
        self._cut_mark: LogEvent | None = None

    def open(self) -> None:
        """Make the stream, empty as yet."""
        with service_lock("logs"):
            self._stream()

    def write(self, output: bytes) -> None:
        """Take output, which appears in the stream at the next flush."""
        self._pending += output
        if len(self._pending) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Put all complete lines into the stream."""
        lines = self._complete_lines()
        if lines:
            self._put(lines)

    def close(self) -> None:
        """Put everything into the stream, a last line without a newline included."""
        self.flush()
        if self._pending:
            self._put([bytes(self._pending)])
            self._pending.clear()

    def write_lines(self, text: str) -> None:
        """Write whole lines and flush them."""
        self.write(text.rstrip("\n").encode() + b"\n")
        self.flush()

    def _complete_lines(self) -> list[bytes]:
        complete, newline, rest = self._pending.rpartition(b"\n")
        text = bytes(complete).removesuffix(b"\r").replace(b"\r\n", b"\n") if newline else b""
        # CloudWatch takes no empty events.
        lines = [line for line in text.split(b"\n") if line]
        while len(rest) > MAX_EVENT_BYTES:
            piece = _first_event(rest)
            lines.append(piece)
            rest = rest[len(piece) :]
        self._pending = bytearray(rest)
        return lines

    def _put(self, lines: list[bytes]) -> None:
        stamp = now_ms()
        with service_lock("logs"):
            stream = self._stream()
            pieces = [piece for line in self._thinned(lines) for piece in _events_of(line)]
            texts = [piece.decode("utf-8", "replace") for piece in pieces]
            stream.put_log_events([{"timestamp": stamp, "message": text} for text in texts])
            self._count(len(text) for text in texts)
            self._cut(stream)

    def _thinned(self, lines: list[bytes]) -> list[bytes]:
        """Return the lines that can be kept; the rest of a flood does not even become events."""
        room = 0 if self._head_full else self._limits.head_events - self._head
        surplus = len(lines) - room - self._limits.tail_events
        if surplus <= 0:
            return lines
        self._cut_lines += surplus
        return lines[:room] + lines[room + surplus :]

    def _stream(self) -> LogStream:
        backend = self._backend()
        backend.ensure_log_group(self.group)
        backend.ensure_log_stream(self.group, self.name)
        stream = backend.groups[self.group].streams[self.name]
        if stream.events is not self._events:  # a new stream, or the old one was deleted
            self._events = stream.events
            self._head = self._head_bytes = self._tail_bytes = self._cut_lines = 0
            self._head_full = False
            self._tail_sizes.clear()
            self._cut_mark = None
        return stream

    def _count(self, sizes: Iterable[int]) -> None:
        for size in sizes:
            if self._head_full:
                self._tail_sizes.append(size)
                self._tail_bytes += size
                continue
            self._head += 1
            self._head_bytes += size
            self._head_full = (
                self._head >= self._limits.head_events
                or self._head_bytes >= self._limits.head_bytes
            )

    def _cut(self, stream: LogStream) -> None:
        surplus = 0
        while (
            len(self._tail_sizes) > self._limits.tail_events
            or self._tail_bytes > self._limits.tail_bytes
        ):
            self._tail_bytes -= self._tail_sizes.popleft()
            surplus += 1
        self._cut_lines += surplus
        if not self._cut_lines:
            return
        if self._cut_mark is None:
            stamp = stream.events[self._head - 1].timestamp
            self._cut_mark = LogEvent(stamp, {"timestamp": stamp, "message": ""})
            stream.events.insert(self._head, self._cut_mark)
        del stream.events[self._head + 1 : self._head + 1 + surplus]
        self._cut_mark.message = (
            f"[{self._cut_lines} lines of output were cut here: the log keeps"
            f" a job's first {self._head} events and its last]"
        )


def _first_event(line: bytes | bytearray) -> bytes:
    """Return the longest start of a line that fits into an event and does not split a character."""
    end = MAX_EVENT_BYTES
    while end > MAX_EVENT_BYTES - 4 and line[end] & 0xC0 == 0x80:
        end -= 1
    return bytes(line[:end])


def _events_of(line: bytes) -> list[bytes]:
    """Return the events of a line, as many as it is long."""
    events = []
    while len(line) > MAX_EVENT_BYTES:
        events.append(_first_event(line))
        line = line[len(events[-1]) :]
    return [*events, line]


def _untracked(cls: type[LogEvent], *_: Any, **__: Any) -> LogEvent:
    event: LogEvent = object.__new__(cls)
    return event


def forget_cut_events() -> None:
    """Stop moto from keeping a reference to every log event that it ever made."""
    LogEvent.__new__ = _untracked  # type: ignore[method-assign,assignment]
