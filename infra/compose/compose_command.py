"""The Compose to run: the one that the variable COMPOSE names, else the machine's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from emmaa_cycle.errors import InputError

VARIABLE = "COMPOSE"
# "docker-compose version 1.29.2, build 5becea4c"; "Docker Compose version v2.40.3"
_VERSION = re.compile(r"docker[ -]compose version v?(\d[^\s,]*)", re.IGNORECASE)
_WAY_OUT = (
    f"let {VARIABLE} name a docker-compose of v1.29 or v2, or `docker compose`,"
    " or unset it for the machine's own"
)


def compose_version(command: Sequence[str]) -> str | None:
    """The version of the Docker Compose that a command starts, ``2.26.1-4`` for one.

    :returns: None if it starts another program, or none
    """
    try:
        done = subprocess.run(
            [*command, "version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    found = _VERSION.match(done.stdout)
    return found[1] if found and done.returncode == 0 else None


def find_compose() -> list[str] | None:
    """The command of the Compose that is to be run.

    ``COMPOSE``, if it is set, is read as a shell would read it. Else ``docker compose`` comes
    before ``docker-compose``.

    :returns: None if ``COMPOSE`` is not set and the machine has no Compose
    :raises InputError: if what ``COMPOSE`` names is not Docker Compose.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return _named(named)
    for command in (["docker", "compose"], ["docker-compose"]):
        if compose_version(command) is not None:
            return command
    return None


def _named(named: str) -> list[str]:
    try:
        program, *options = shlex.split(named)
    except ValueError as error:
        raise InputError(f"{VARIABLE}={named}: {error}; {_WAY_OUT}") from error
    found = shutil.which(program)
    if found is None:
        raise InputError(f"{VARIABLE}={named}: there is no such program; {_WAY_OUT}")
    # Absolute, since Compose is started in another folder than this process may be in.
    command = [str(Path(found).absolute()), *options]
    if compose_version(command) is None:
        raise InputError(f"{VARIABLE}={named} is not Docker Compose; {_WAY_OUT}")
    return command
