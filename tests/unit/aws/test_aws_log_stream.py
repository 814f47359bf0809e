"""Property tests of log streams: lines do not depend on chunks, and cut text is counted."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.logs.models import LogsBackend

from infra.local.aws.runtime import log_stream
from infra.local.aws.runtime.log_stream import LogLimits, LogStreamWriter

SMALL = LogLimits(head_events=3, head_bytes=1_000, tail_events=5, tail_bytes=1_000)
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20))


@pytest.fixture(autouse=True)
def short_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_stream, "MAX_EVENT_BYTES", 64)


class Log:
    """A writer and what came of it."""

    def __init__(self, limits: LogLimits | None = None) -> None:
        self.backend = LogsBackend("us-east-1", "123456789012")
        self.writer = LogStreamWriter(lambda: self.backend, "group", "stream", limits)

    @property
    def messages(self) -> list[str]:
        events = self.backend.groups["group"].streams["stream"].events
        return [event.message for event in events]


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return [content[a:b] for a, b in itertools.pairwise(borders)]


@given(lines=LINES, cuts=st.lists(st.integers(0, 10_000), max_size=8), flush=st.booleans())
def test_lines_do_not_depend_on_how_output_comes(
    lines: list[str], cuts: list[int], flush: bool
) -> None:
    log = Log()
    log.writer.open()
    for piece in pieces("\n".join(lines).encode(), cuts):
        log.writer.write(piece)
        if flush:
            log.writer.flush()
    log.writer.close()

    assert "".join(log.messages) == "".join(lines)
    assert len(log.messages) >= len([line for line in lines if line])
    assert all(len(message.encode()) <= 64 for message in log.messages)


@given(groups=st.lists(st.integers(0, 30), max_size=8))
def test_bounds_hold_and_every_line_is_kept_or_counted(groups: list[int]) -> None:
    log = Log(SMALL)
    log.writer.open()
    total = 0
    for group in groups:
        log.writer.write("".join(f"{total + n}\n" for n in range(group)).encode())
        log.writer.flush()
        total += group
        assert len(log.messages) <= 3 + 1 + 5
    log.writer.close()

    marks = [m for m in log.messages if "were cut here" in m]
    cut = sum(int(re.findall(r"\d+", mark)[0]) for mark in marks)
    kept = [int(m) for m in log.messages if m not in marks]
    assert len(marks) == (total > 8)
    assert len(kept) + cut == total
    assert kept[:3] == list(range(min(3, total)))
    assert kept[3:] == list(range(total - len(kept) + len(kept[:3]), total))


def test_bytes_are_bounded_as_well_as_events() -> None:
    limits = LogLimits(head_events=100, head_bytes=100, tail_events=100, tail_bytes=100)
    log = Log(limits)
    for number in range(200):
        log.writer.write_lines(f"{number:020d}")

    assert sum(len(m) for m in log.messages if "were cut" not in m) <= 100 + 20 + 100


def test_log_goes_on_after_its_group_was_deleted() -> None:
    log = Log(SMALL)
    log.writer.write_lines("\n".join("before" for _ in range(20)))
    log.backend.delete_log_group("group")
    log.writer.write_lines("after")

    assert log.messages[-1] == "after"
