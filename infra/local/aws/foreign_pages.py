"""Refusal of requests that a page of the web makes a developer's browser send.

Any page can make a browser ask a server on its own machine: by a form, a script, an image, or a
name that leads to 127.0.0.1 (DNS rebinding). Programs send neither ``Origin`` nor
``Sec-Fetch-Site``; browsers send them and let no page change them.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Endings of names that nobody can register in the public DNS (RFC 6761 and ICANN's .internal).
_PRIVATE_ENDINGS = (".localhost", ".internal")
_OWN = frozenset({"same-origin", "none"})


def refusal(environ: WSGIEnvironment, *, is_page: bool) -> str | None:
    """Return why a request is not answered, or ``None`` if it is.

    :param is_page: whether it asks for a page that only shows, which a link of Airflow's UI opens
    """
    host = environ.get("HTTP_HOST", "")
    if not _is_private(host):
        return "this server answers by the name of this machine alone: open http://127.0.0.1:…"
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and _host_and_port(origin) != host.lower():
        return f"a page of {origin!r} may not use this server"
    site = environ.get("HTTP_SEC_FETCH_SITE")
    followed = is_page and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
    if site is not None and site not in _OWN and not followed:
        return "a page of another server may not use this one"
    return None


def _is_private(host: str) -> bool:
    """Return whether no public name server can have led here: an address, or a private name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(_PRIVATE_ENDINGS))
    return True


def _host_and_port(origin: str) -> str | None:
    """Return host and port of an origin, or ``None`` where it has none (``null``)."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
