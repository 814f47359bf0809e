"""Tests of jobs' output in CloudWatch: complete if possible, cut if necessary."""

from __future__ import annotations

import time

import psutil

from tests.integration.aws_driver import Batch, Gate, wait_for

MAX_EVENT = 256 * 1024


def test_lines_of_both_streams_with_their_time(batch: Batch) -> None:
    before = time.time_ns() // 1_000_000
    job = batch.wait(batch.shell("echo out; echo err >&2; printf 'no newline'"))
    events = batch.events(job)

    assert [event["message"] for event in events] == ["out", "err", "no newline"]
    assert all(before <= event["timestamp"] <= job["stoppedAt"] for event in events)


def test_log_can_be_read_while_the_job_runs(batch: Batch, gate: Gate) -> None:
    job_id = batch.shell(f"echo early; {gate.script}; echo late")
    job = batch.wait(job_id, "RUNNING")
    [early] = wait_for("the first line", lambda: batch.events(job))
    gate.open()
    batch.wait(job_id)
    late = batch.events(job)[-1]

    assert (early["message"], late["message"]) == ("early", "late")
    assert early["timestamp"] <= late["timestamp"]


def test_job_without_output_has_an_empty_stream(batch: Batch) -> None:
    assert batch.output(batch.run("true")) == []


def test_odd_bytes_and_line_ends(batch: Batch) -> None:
    code = "import sys; sys.stdout.buffer.write(b'a\\xffb\\r\\n\\n\\r\\n\\xc3\\xbc\\n')"

    assert batch.output(batch.wait(batch.python(code))) == ["a\ufffdb", "ü"]


def test_long_line_is_split_between_characters(batch: Batch) -> None:
    code = f"print('x' + 'ü' * {MAX_EVENT})"
    events = batch.output(batch.wait(batch.python(code)))

    assert "".join(events) == "x" + "ü" * MAX_EVENT
    assert [len(event.encode()) for event in events] == [MAX_EVENT - 1, MAX_EVENT, 2]


def test_flood_is_cut_in_the_middle_and_says_so(batch: Batch) -> None:
    """50 MB in a million lines."""
    code = "import sys\nfor n in range(1_000_000): print(f'{n:049d}')"
    before = memory_mib(batch)
    job = batch.wait(batch.python(code))
    lines = batch.output(job)

    assert job["status"] == "SUCCEEDED"
    assert lines[0] == f"{0:049d}"
    assert lines[-1] == f"{999_999:049d}"
    [(position, mark)] = [(n, line) for n, line in enumerate(lines) if "were cut here" in line]
    assert mark.startswith(f"[{1_000_000 - len(lines) + 1} lines of output were cut here")
    assert position == 1_000
    assert 5_000 < len(lines) <= 11_001
    assert int(lines[position + 1]) == 1_000_000 - (len(lines) - position - 1)
    assert memory_mib(batch) - before < 100


def test_flood_without_newlines_is_cut(batch: Batch) -> None:
    before = memory_mib(batch)
    job = batch.wait(
        batch.python("import sys\nfor _ in range(200): sys.stdout.write('x' * 1_000_000)")
    )

    assert job["status"] == "SUCCEEDED"
    assert sum(len(line) for line in batch.output(job)) < 10_000_000
    assert memory_mib(batch) - before < 100


def test_flood_of_empty_lines_leaves_no_trace(batch: Batch) -> None:
    job = batch.wait(batch.python("import sys; sys.stdout.write('\\n' * 20_000_000); print('end')"))

    assert batch.output(job) == ["end"]


def test_job_that_floods_can_be_stopped(batch: Batch) -> None:
    job_id = batch.submit("yes")
    batch.wait(job_id, "RUNNING")
    batch.client.terminate_job(jobId=job_id, reason="enough")

    assert batch.wait(job_id)["statusReason"] == "enough"


def memory_mib(batch: Batch) -> float:
    return float(psutil.Process(batch.server.process.pid).memory_info().rss / 2**20)
