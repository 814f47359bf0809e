"""A PostgreSQL server of the tests' own.

Unlike the local stack's it is reached by a socket and trusts everyone who can read its folder, so
that a connection costs next to nothing.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from sqlalchemy import URL

from infra.shared.postgres import USER, Cluster, NoPostgresError, find_programs, running

START_SECONDS = 30
_TRUST = "local all all trust\n"
#: For a server that can become a standby, with a time zone that no test can take for UTC.
_OPTIONS = {"listen_addresses": "", "wal_level": "replica", "timezone": "Asia/Tokyo"}


@dataclass
class PostgresServer:
    """A server."""

    cluster: Cluster
    _process: subprocess.Popen[bytes] | None = None
    _running: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def folder(self) -> Path:
        """The folder of its data and its socket."""
        return self.cluster.folder

    def connect(self, database: str = "postgres") -> Any:
        """Connect, by default to the server's own database."""
        return psycopg2.connect(host=str(self.folder), user=USER, dbname=database)

    def unmade_database(self) -> URL:
        """Return the address of a database that is not there."""
        name = f"emmaa_{os.getpid()}_{next(self._numbers)}"
        return URL.create(
            "postgresql", username=USER, database=name, query={"host": str(self.folder)}
        )

    def new_database(self) -> URL:
        """Make an empty database."""
        url = self.unmade_database()
        self.execute(f"CREATE DATABASE {url.database}")
        return url

    def copy(self, source: URL, target: URL) -> None:
        """Make a database the copy of another one; it may be there, and both may be in use."""
        self.drop(target)
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608 - our own name
            f" WHERE datname = '{source.database}'",
            f"CREATE DATABASE {target.database} TEMPLATE {source.database}",
        )

    def drop(self, url: URL) -> None:
        """Remove a database, if it is there."""
        self.execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def execute(self, *statements: str) -> None:
        """Execute statements in the server's own database, each in a transaction of its own."""
        connection = self.connect()
        connection.autocommit = True
        for statement in statements:
            connection.cursor().execute(statement)
        connection.close()

    def start(self, **settings: str) -> None:
        """Start it, and wait until it answers, be it by a refusal.

        :param settings: of the server, beside the tests' own
        """
        options = {"unix_socket_directories": str(self.folder), **_OPTIONS, **settings}
        command = self.cluster.server(5432, options=options)
        self._process = self._running.enter_context(running(command, Path(os.devnull)))
        self._await(self._process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it.

        :param how: by default all connections are closed first; SIGQUIT breaks them, as a crash
        """
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._running.close()
            self._process = None

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
            except psycopg2.OperationalError as error:
                if "not accepting connections" in str(error):
                    return  # a standby that nobody may ask
                if process.poll() is not None or time.monotonic() > deadline:
                    raise NoPostgresError(f"the server does not start: {error}") from error
                time.sleep(0.02)
            else:
                return


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server and stop it at the end.

    :raises NoPostgresError: if the package is not installed or its programs cannot run.
    """
    parent = Path(tempfile.mkdtemp(prefix="emmaa-pg-"))
    try:
        cluster = Cluster.make(find_programs(Path(sys.prefix)), parent / "pg")
        (cluster.data / "pg_hba.conf").write_text(_TRUST)
        server = PostgresServer(cluster)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(parent)
