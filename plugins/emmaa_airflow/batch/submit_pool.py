"""The pool of the tasks that submit jobs, made when Airflow starts: a listener.

Without its pool a task waits forever, so no deployment must depend on somebody making it by hand.
A pool that is there stays as it is: its size can be changed in the UI.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

from emmaa_cycle.settings import load_settings

_DESCRIPTION = "Tasks that submit Batch jobs: as many slots as submissions a second"

logger = logging.getLogger(__name__)


@hookimpl
def on_starting(component: Any) -> None:
    """Make the pool in those components that may reach Airflow's database, not in tasks."""
    from airflow.jobs.job import Job

    if isinstance(component, Job):
        make_pool()


def make_pool() -> None:
    """Make the pool of ``batch.pool``, unless it is there."""
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
    except IntegrityError:  # another component has just made it
        return
    logger.info("Made the pool %s with %d slots", batch.pool, batch.submissions_per_second)
