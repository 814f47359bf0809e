"""Where the databases are (emmaa-facts, section 8).

``EMMAADBPRIMARY`` and ``EMMAADBSTMT`` hold ``url`` or ``url;type``. Without them the original's
file ``~/.config/emmaa/db_config.ini`` is read: a section ``[primary]`` and one ``[stmt]``, with
dialect, driver, username, password, host, port and name.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from emmaa_cycle.errors import InputError

DatabaseName = Literal["primary", "stmt"]
DATABASE_NAMES: tuple[DatabaseName, ...] = ("primary", "stmt")
#: The type that the original's settings give each database.
_TYPES = {"primary": "query", "stmt": "statement"}
_EXAMPLE = "sqlite:////var/lib/emmaa/{name}.db or postgresql://user:password@host:5432/{name}"


def variable(name: DatabaseName) -> str:
    """The environment variable that locates a database."""
    return f"EMMAADB{name.upper()}"


def database_url(name: DatabaseName, environment: Mapping[str, str]) -> URL:
    """Find a database.

    :param environment: the process' environment
    :raises InputError: if it is located nowhere, or by something that is no URL.
    """
    text = environment.get(variable(name), "").strip()
    if text:
        return _parse(name, text)
    file = Path(environment.get("HOME", "~")).expanduser() / ".config/emmaa/db_config.ini"
    url = _from_ini(name, file)
    if url is None:
        raise InputError(
            f"the environment variable {variable(name)} is not set: it must locate the {name}"
            f" database, such as {_EXAMPLE.format(name=name)}"
        )
    return url


def _parse(name: DatabaseName, text: str) -> URL:
    url, _, kind = text.partition(";")
    if kind.strip() not in ("", _TYPES[name]):
        raise InputError(
            f"{variable(name)} says ;{kind.strip()}, but the {name} database is of type"
            f" {_TYPES[name]}"
        )
    try:
        return make_url(url.strip())
    except ArgumentError as error:
        # The text may hold a password: it is not repeated.
        raise InputError(
            f"{variable(name)} is no database URL: one such as {_EXAMPLE.format(name=name)}"
            " is expected"
        ) from error


def _from_ini(name: DatabaseName, file: Path) -> URL | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if not parser.read(file) or name not in parser:
            return None
        section = parser[name]
        driver = section.get("driver", "")
        return URL.create(
            drivername=section["dialect"] + (f"+{driver}" if driver else ""),
            username=section.get("username") or None,
            password=section.get("password") or None,
            host=section.get("host") or None,
            port=section.getint("port") if section.get("port") else None,
            database=section.get("name"),
        )
    except (configparser.Error, KeyError, ValueError) as error:
        raise InputError(f"{file}, section [{name}], cannot be used: {error!r}") from error
