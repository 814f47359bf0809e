"""Data from services outside AWS for the statistics, where the settings allow it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.settings_sections import Statistics
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.services.curations import get_curations
from emmaa_jobs.stats.curations import CurationLookup, no_curations
from emmaa_jobs.stats.papers import TitleLookup, no_titles
from emmaa_jobs.stats.titles import PubMedTitles

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outside:
    """Sources of what is not in the bucket; by default none.

    :param left_out: gets what a service did not give
    """

    titles: TitleLookup = no_titles
    curations: CurationLookup = no_curations
    left_out: LeftOutList = field(default_factory=LeftOutList)


#: For a job that may not reach the network.
OFFLINE = Outside()


def outside(settings: Statistics) -> Outside:
    """Return the services that the settings allow."""
    left_out, seconds = LeftOutList(), settings.service_seconds
    return Outside(
        PubMedTitles(seconds, left_out=left_out) if settings.paper_titles else no_titles,
        IndraDbCurations(seconds, left_out) if settings.curations else no_curations,
        left_out,
    )


class IndraDbCurations:
    """The INDRA DB's curations, if there is a key for them; an outage costs them alone.

    :param seconds: how long the service is waited for
    :param left_out: where an outage is noted
    """

    def __init__(self, seconds: float, left_out: LeftOutList) -> None:
        self._seconds = seconds
        self._left_out = left_out

    def __call__(self) -> Sequence[dict[str, Any]] | None:
        """All curations, None if they cannot be had."""
        from emmaa_jobs.services import clients
        from emmaa_jobs.services.http_limits import within

        try:
            service = clients.indra_db()
            if not service.key:
                logger.info("no curations: there is no %s", service.key_variable)
                return None
            service.patience = within(self._seconds, service.patience)
            return get_curations(service)
        except (SourceUnavailableError, InputError) as error:
            reason = f"statistics are made without curations: {error}"
            self._left_out.add("service", "curations of the INDRA DB", reason)
            return None
