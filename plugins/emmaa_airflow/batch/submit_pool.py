"""A listener that creates the pool of the submitting tasks when Airflow starts.

Without its pool a task waits forever, so no deployment should have to create it by hand. An
existing pool is not changed: its size can be set in the UI.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

from emmaa_cycle.settings import load_settings

_DESCRIPTION = "Tasks that submit Batch jobs: one slot per submission and second"

logger = logging.getLogger(__name__)


@hookimpl
def on_starting(component: Any) -> None:
    """Create the pool in components with access to Airflow's database, not in tasks."""
    from airflow.jobs.job import Job

    if isinstance(component, Job):
        make_pool()


def make_pool() -> None:
    """Create the pool of ``batch.pool``, unless it exists."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import IntegrityError

    batch = load_settings().batch
    try:
        with create_session() as session:
            if session.scalar(select(Pool.id).where(Pool.pool == batch.pool)):
                return
            session.add(
                Pool(
                    pool=batch.pool,
                    slots=batch.submissions_per_second,
                    description=_DESCRIPTION,
                    include_deferred=False,
                )
            )
    except IntegrityError:  # another component has just created it
        return
    logger.info("Created the pool %s with %d slots", batch.pool, batch.submissions_per_second)
