"""The databases' addresses.

``EMMAADBPRIMARY`` and ``EMMAADBSTMT`` hold ``url`` or ``url;type``. Without them the original's
file ``~/.config/emmaa/db_config.ini`` is read: a section ``[primary]`` and one ``[stmt]``, with
dialect, driver, username, password, host, port and name. Passwords never reach a log
(:mod:`emmaa_jobs.secrecy`).
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from emmaa_cycle.errors import InputError
from emmaa_jobs.secrecy import keep_secret

DatabaseName = Literal["primary", "stmt"]
DATABASE_NAMES: tuple[DatabaseName, ...] = ("primary", "stmt")
#: Parameters of a URL that never hold a secret. Any other may, such as a misspelt ``passwd``.
SHOWN_FIELDS = frozenset(
    {"host", "hostaddr", "port", "dbname", "user", "sslmode", "connect_timeout"}
)
#: The type that the original's settings give each database.
_TYPES = {"primary": "query", "stmt": "statement"}
_EXAMPLE = "postgresql://user:password@host:5432/{name}"


def variable(name: DatabaseName) -> str:
    """Return the environment variable that locates a database."""
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
    located = _encoded(_without_type(name, text))
    try:
        located.encode()  # the environment may hold any bytes
        url = make_url(located)
    except (ArgumentError, ValueError):
        # The text may hold a password: it is not repeated.
        raise InputError(
            f"{variable(name)} is not a database URL: one such as {_EXAMPLE.format(name=name)}"
            " is expected"
        ) from None
    _keep_passwords(url)
    return url


def _keep_passwords(url: URL) -> None:
    keep_secret(url.password)
    for field in url.query.keys() - SHOWN_FIELDS:
        values = url.query[field]
        for value in [values] if isinstance(values, str) else values:
            keep_secret(value)


def _without_type(name: DatabaseName, text: str) -> str:
    """Return what precedes ``;type``; a semicolon may also be part of a password.

    :raises InputError: if the type is another database's.
    """
    url, _, kind = text.rpartition(";")
    kind = kind.strip()
    if not url or (kind and kind not in _TYPES.values()):
        return text
    if kind not in ("", _TYPES[name]):
        raise InputError(
            f"{variable(name)} says ;{kind}, but the {name} database is of type {_TYPES[name]}"
        )
    return url.strip()


def _encoded(url: str) -> str:
    """Return a server's URL with the characters encoded that a password may not contain as such.

    SQLAlchemy ends a password at its first ``@``, and would look for a host of what is left of it.
    """
    scheme, _, rest = url.partition("://")
    if not rest:
        return url
    server, mark, query = rest.rpartition("?")
    if "@" not in server or not re.match(r"\w+=", query):
        server, mark, query = rest, "", ""
    user, at, host = server.rpartition("@")
    name, colon, password = (_quoted(part) for part in user.partition(":"))
    return f"{scheme}://{name}{':' if colon else ''}{password}{at}{host}{mark}{_quoted(query)}"


def _quoted(text: str) -> str:
    return text.replace("@", "%40").replace(":", "%3A").replace("/", "%2F")


def _from_ini(name: DatabaseName, file: Path) -> URL | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if not parser.read(file) or name not in parser:
            return None
        section = parser[name]
        driver = section.get("driver", "")
        keep_secret(section.get("password"))
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
