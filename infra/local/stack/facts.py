"""The facts of a stack that other commands and its next start need: ports, login, secrets.

The file holds secrets, so only its owner may read it.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emmaa_cycle.errors import InputError


def write_private(file: Path, text: str) -> None:
    """Replace a file that only its owner may read."""
    partial = file.with_name(f"{file.name}.part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    partial.replace(file)


@dataclass(frozen=True)
class Facts:
    """A stack's addresses, login and secrets.

    :param password: of Airflow's one user
    :param mail_secret: signs the links in mails
    :param not_before: when the stack was first ready, ISO 8601; older uploads start no run
    :param database_port: PostgreSQL's
    """

    ui_port: int
    aws_port: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    mail_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    not_before: str = ""
    database_port: int = 0

    def write(self, directory: Path) -> None:
        """Write them into a stack's folder."""
        write_private(_file(directory), json.dumps(asdict(self), indent=1))


def read_facts(directory: Path) -> Facts | None:
    """Return the facts of a folder's stack; None if it has none.

    :raises InputError: if the file is not as it should be.
    """
    file = _file(directory)
    try:
        return Facts(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{file} is broken ({error}): `make down`, then remove it") from error


def _file(directory: Path) -> Path:
    return directory / "facts.json"
