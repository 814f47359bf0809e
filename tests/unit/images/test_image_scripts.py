"""The scripts that run inside the images, run outside of them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[3] / "infra" / "images"


@contextmanager
def airflow(health: bytes) -> Iterator[str]:
    """Return an API server that answers the health endpoint alone; its execution API's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(health)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/execution/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check(url: str, *component: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(IMAGES / "airflow_health.py"), *component],
        env={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_component_is_as_healthy_as_airflow_says() -> None:
    health = {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy"}}
    with airflow(json.dumps(health).encode()) as url:
        assert check(url) == (0, "metadatabase: healthy\n")
        assert check(url, "scheduler") == (1, "scheduler: unhealthy\n")
        assert check(url, "triggerer") == (1, "triggerer: None\n")


def test_what_is_no_airflow_is_not_healthy() -> None:
    with airflow(b"<html>log in</html>") as url:
        code, said = check(url)
    assert code == 1
    assert "does not answer" in said
    # Nobody listens there any more.
    assert check(url)[0] == 1


def log_in(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return the login script with an ``airflow`` that prints what it got."""
    program = folder / "bin" / "airflow"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "print(sys.argv[1:], os.environ['AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS'])\n"
    )
    program.chmod(0o755)
    return subprocess.run(
        [sys.executable, str(IMAGES / "airflow_login.py"), "api-server", "--port", "1"],
        env={
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(folder),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_airflow_gets_the_password_in_a_file_of_its_own(tmp_path: Path) -> None:
    done = log_in(
        tmp_path, EMMAA_LOCAL_AIRFLOW_USERNAME="admin", EMMAA_LOCAL_AIRFLOW_PASSWORD="a b"
    )
    assert done.stdout == "['api-server', '--port', '1'] admin:admin\n"
    passwords = tmp_path / "passwords.json"
    assert json.loads(passwords.read_text()) == {"admin": "a b"}
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600


@pytest.mark.parametrize("password", [None, ""])
def test_airflow_does_not_start_without_a_password(tmp_path: Path, password: str | None) -> None:
    given = {} if password is None else {"EMMAA_LOCAL_AIRFLOW_PASSWORD": password}
    done = log_in(tmp_path, EMMAA_LOCAL_AIRFLOW_USERNAME="admin", **given)
    assert done.returncode == 1
    assert "set EMMAA_LOCAL_AIRFLOW_PASSWORD: `make compose-env` writes them" in done.stderr
