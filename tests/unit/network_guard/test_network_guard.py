"""The guards that keep tests, demo and jobs on this machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.network_guard import expected_attempts

ROOT = Path(__file__).parents[3]
GUARD = ROOT / "infra" / "local" / "network_guard"
OUTSIDE = "192.0.2.1"  # TEST-NET-1: belongs to nobody


@pytest.fixture
def listener() -> Iterator[int]:
    """Return the port of a TCP server on loopback, both IPv4 addresses of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(action: str, *, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> str:
    with expected_attempts() as seen, socket.socket(family, kind) as sock:
        sock.settimeout(0.5)
        actions: dict[str, Callable[[], object]] = {
            "connect": lambda: sock.connect((OUTSIDE, 9)),
            "connect_ex": lambda: sock.connect_ex((OUTSIDE, 9)),
            "connect6": lambda: sock.connect(("2001:db8::1", 9)),
            "mapped": lambda: sock.connect((f"::ffff:{OUTSIDE}", 9)),
            "sendto": lambda: sock.sendto(b"x", (OUTSIDE, 9)),
            "sendmsg": lambda: sock.sendmsg([b"x"], [], 0, (OUTSIDE, 9)),
            "create_connection": lambda: socket.create_connection((OUTSIDE, 9)),
            "getaddrinfo": lambda: socket.getaddrinfo("example.com", 80),
            "bytes": lambda: socket.getaddrinfo(b"example.com", 80),
            "gethostbyname": lambda: socket.gethostbyname("example.com"),
            "lookalike": lambda: socket.getaddrinfo("127.example.com", 80),
            "lookalike_end": lambda: socket.getaddrinfo("notlocalhost", 80),
        }
        with pytest.raises(OSError, match="would leave this machine"):
            actions[action]()
    assert len(seen) == 1
    return seen[0]


@pytest.mark.parametrize(
    "action",
    [
        "connect",
        "connect_ex",
        "create_connection",
        "getaddrinfo",
        "bytes",
        "gethostbyname",
        "lookalike",
        "lookalike_end",
    ],
)
def test_leaving_this_machine_is_refused_and_told(action: str) -> None:
    message = refused(action)

    assert "192.0.2.1" in message or "example.com" in message or "notlocalhost" in message
    assert f"{__file__}:" in message


@pytest.mark.parametrize("action", ["connect6", "mapped"])
def test_ipv6_is_guarded_too(action: str) -> None:
    assert "socket.connect" in refused(action, family=socket.AF_INET6)


@pytest.mark.parametrize("action", ["sendto", "sendmsg"])
def test_datagrams_are_guarded_too(action: str) -> None:
    assert action in refused(action, kind=socket.SOCK_DGRAM)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost"])
def test_loopback_is_allowed(listener: int, host: str) -> None:
    with socket.create_connection((host, listener), timeout=5) as sock:
        assert sock.getpeername()[1] == listener


def test_the_machine_s_own_name_may_be_looked_up() -> None:
    socket.getaddrinfo(socket.gethostname(), 80)
    socket.getfqdn()


def test_unix_sockets_are_allowed(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(path)
        server.listen()
        client.connect(path)


def test_a_swallowed_attempt_in_a_thread_still_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.network_guard import no_network\n__all__ = ['no_network']\n"
    )
    (tmp_path / "test_it.py").write_text(f"""
import contextlib, socket, threading

def leave():
    with contextlib.suppress(OSError):
        socket.create_connection(("{OUTSIDE}", 9))

def test_leaves():
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()

def test_stays():
    pass
""")
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--rootdir", tmp_path, "-c", os.devnull, tmp_path),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1, run.stdout + run.stderr
    assert "tests may use no network" in run.stdout
    assert "ERROR at teardown of test_leaves" in run.stdout
    assert "2 passed, 1 error" in run.stdout


class Guarded:
    """Python processes with the guard's folder on their path."""

    def __init__(self, tmp_path: Path) -> None:
        self.log = tmp_path / "network.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(GUARD),
            "EMMAA_NETWORK_GUARD_LOG": str(self.log),
        }

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def test_a_guarded_process_is_refused_and_logged(guarded: Guarded) -> None:
    run = guarded.run(f"import socket; socket.create_connection(('{OUTSIDE}', 9))")

    assert run.returncode == 1
    assert "would leave this machine" in run.stderr
    assert len(guarded.lines) == 1
    assert OUTSIDE in guarded.lines[0]
    assert sys.executable in guarded.lines[0]


def test_a_swallowed_attempt_of_a_child_process_is_logged_too(guarded: Guarded) -> None:
    child = "import socket\ntry: socket.getaddrinfo('example.com', 443)\nexcept OSError: pass"
    run = guarded.run(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")

    assert run.returncode == 0, run.stderr
    assert len(guarded.lines) == 1
    assert "socket.getaddrinfo 'example.com'" in guarded.lines[0]


def test_lines_of_concurrent_processes_do_not_mix(guarded: Guarded) -> None:
    code = """
import socket
for number in range(20):
    try: socket.gethostbyname(f"host{number}.example.com")
    except OSError: pass
"""
    threads = [threading.Thread(target=guarded.run, args=(code,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = [
        re.fullmatch(r"pid \d+ .*gethostbyname '(.*?)' would .*:\d+", line)
        for line in guarded.lines
    ]
    assert sorted(match[1] if match else "" for match in found) == sorted(
        f"host{number}.example.com" for number in range(20) for _ in range(3)
    )


def test_loopback_in_a_guarded_process_leaves_no_trace(guarded: Guarded, listener: int) -> None:
    run = guarded.run(f"import socket; socket.create_connection(('localhost', {listener}))")

    assert run.returncode == 0, run.stderr
    assert not guarded.log.exists()


def test_without_the_variable_nothing_is_guarded(guarded: Guarded) -> None:
    del guarded.environment["EMMAA_NETWORK_GUARD_LOG"]
    run = guarded.run("import sys; print('emmaa_network_guard' in sys.modules)")

    assert (run.returncode, run.stdout) == (0, "False\n")


def test_a_relative_log_is_found_again_after_a_change_of_folder(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = guarded.run(
        f"import os, socket; os.chdir('/'); socket.create_connection(('{OUTSIDE}', 9))",
        EMMAA_NETWORK_GUARD_LOG="network.log",
    )

    assert run.returncode == 1
    assert len(guarded.lines) == 1


def test_a_guarded_process_ends_in_silence(guarded: Guarded) -> None:
    """Python empties the guard's module before the last events."""
    run = guarded.run("""
import emmaa_network_guard, sys

class Late:
    def __del__(self, audit=sys.audit):
        audit("late")

emmaa_network_guard.late = Late()
""")

    assert (run.returncode, run.stderr) == (0, "")


def test_another_sitecustomize_still_runs(guarded: Guarded, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys; sys.other_ran = __name__\n")
    run = guarded.run(
        "import sys; print(sys.other_ran, 'emmaa_network_guard' in sys.modules)",
        PYTHONPATH=f"{GUARD}{os.pathsep}{other}",
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "sitecustomize True\n"
