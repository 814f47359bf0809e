"""The time by which rounds are late, by the settings' schedules."""

from __future__ import annotations

from datetime import datetime

from emmaa_cycle.dates import format_round
from emmaa_cycle.settings import Settings


def late_before(settings: Settings, now: datetime) -> str:
    """Return the ``<dt>`` from which on each model must have a complete round.

    It is the start of the last daily cycle whose deadline has passed; empty without a schedule or
    a deadline: then nothing is late.
    """
    from emmaa_airflow.reporting.schedules import last_start

    schedule, deadline = settings.schedule, settings.deadline
    if not schedule.update_pipeline or not deadline.cron:
        return ""
    due = last_start(deadline.cron, schedule.timezone, now)
    return format_round(last_start(schedule.update_pipeline, schedule.timezone, due))
