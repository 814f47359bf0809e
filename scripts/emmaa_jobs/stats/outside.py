"""What statistics take from services outside AWS, where the settings let them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings_sections import Statistics
from emmaa_jobs.curations import get_curations
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.stats.curations import CurationLookup, no_curations
from emmaa_jobs.stats.papers import TitleLookup, no_titles
from emmaa_jobs.stats.titles import PubMedTitles

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outside:
    """Where to get what is not in the bucket; by default nowhere."""

    titles: TitleLookup = no_titles
    curations: CurationLookup = no_curations


#: For a job that may not reach the network.
OFFLINE = Outside()


def outside(settings: Statistics) -> Outside:
    """What the settings let be asked."""
    return Outside(
        PubMedTitles(settings.service_seconds) if settings.paper_titles else no_titles,
        IndraDbCurations(settings.service_seconds) if settings.curations else no_curations,
    )


class IndraDbCurations:
    """The INDRA DB's curations, if there is a key for them; an outage is logged.

    :param seconds: how long the service is waited for
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self) -> Sequence[dict[str, Any]] | None:
        """All curations, None if they cannot be had."""
        from emmaa_jobs.reading import services
        from emmaa_jobs.reading.patience import within

        try:
            service = services.indra_db()
            if not service.key:
                logger.info("no curations: there is no %s", service.key_variable)
                return None
            service.patience = within(self._seconds, service.patience)
            return get_curations(service)
        except (SourceUnavailableError, InputError) as error:
            logger.warning("statistics are made without curations: %s", error)
            return None
