"""Curations of statements and their evidence, from the INDRA DB.

Assembly filters by them, and statistics count them (docs/reference/statistics.md).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emmaa_jobs.services.web_service import WebService

Curation = dict[str, Any]

logger = logging.getLogger(__name__)


def get_curations(service: WebService | None = None) -> list[Curation]:
    """Return all curations, as the service gives them; one of another form costs itself.

    Each has ``pa_hash`` (the statement's hash, a number), ``source_hash`` (that of the evidence;
    None if the statement as a whole was meant), ``tag`` (such as ``correct``), ``curator`` and
    ``date``. Without special permission the curators' names are replaced by digests.

    :param service: the INDRA DB; made from the environment if None
    :raises SourceUnavailableError: if it is down or answers nonsense.
    :raises InputError: if it refuses the API key, or its address cannot be used.
    """
    if service is None:
        from emmaa_jobs.services.clients import indra_db

        service = indra_db()
    answer = service.get("curation/list")
    document = answer.json()
    if not isinstance(document, list):
        answer.nonsense("not a list of curations")
    # INDRA's filter needs the field, also where the statement as a whole was meant.
    curations = [{"source_hash": None, **item} for item in document if _is_curation(item)]
    if document and not curations:
        answer.nonsense("not a list of curations")
    if len(curations) < len(document):
        odd = len(document) - len(curations)
        logger.warning("%d of %d curations are not of the known form: ignored", odd, len(document))
    return curations


def _is_curation(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("pa_hash"), int)
        and isinstance(item.get("source_hash"), int | None)
        and isinstance(item.get("tag"), str)
    )
