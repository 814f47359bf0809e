"""The names of the DAGs: display names for the UI, and ids for commands."""

from __future__ import annotations

#: The display name of each DAG, by its id.
DISPLAY_NAMES = {
    "emmaa_update_pipeline": "EMMAA 1: daily update",
    "emmaa_mm_update": "EMMAA 2: model manager",
    "emmaa_after_update": "EMMAA 3: after an update",
    "emmaa_email_notifications": "EMMAA 4: daily mail",
    "emmaa_deadline": "EMMAA 5: deadline",
    "emmaa_upload_watch": "EMMAA: upload watch",
}


def dag_name(dag_id: str) -> str:
    """Return display name and id together, for messages to people."""
    name = DISPLAY_NAMES.get(dag_id)
    return f"{name} ({dag_id})" if name else dag_id
