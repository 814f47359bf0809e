"""The check of a run's conf, which is the first step of each run.

Airflow checks the values of a DAG's parameters, but silently accepts any other key:
``{"model": "marm"}`` would run ``emmaa_update_pipeline`` for all models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emmaa_airflow.runs.dag_names import dag_name
from emmaa_cycle.errors import InputError
from emmaa_cycle.suggestions import did_you_mean, listed, quoted

#: The field that a backfill must have, because it selects the models.
BACKFILL_FIELD = "models"


def check_conf(dag: Any, dag_run: Any) -> None:
    """Refuse a conf with unknown keys, and a backfill that does not choose models.

    :raises InputError: if there is one; the message has the key and the most similar parameter.
    """
    conf = dag_run.conf or {}
    _check_keys(dag.dag_id, conf, list(dag.params))
    if dag_run.run_type == "backfill" and BACKFILL_FIELD in dag.params:
        _check_backfill(conf)


def _check_keys(dag_id: str, conf: Mapping[str, Any], known: list[str]) -> None:
    unknown = [key for key in conf if key not in known]
    if unknown:
        names = listed([quoted(key) for key in unknown])
        meant = did_you_mean(unknown[0], known) or "."
        raise InputError(
            f"{dag_name(dag_id)} has no parameter {names}{meant} Its parameters are:"
            f" {listed(known)}. Start a new run with the right name; nothing was done in this one"
        )


def _check_backfill(conf: Mapping[str, Any]) -> None:
    """Refuse a backfill without the values of its form.

    The UI of Airflow 3.3 sends them only if a box is ticked, so that a backfill of one model
    would silently be one of all models (apache/airflow#64939).
    """
    if BACKFILL_FIELD not in conf:
        raise InputError(
            "this backfill came without the values of its form, so it does not say which models"
            " to update. Create it again: in the UI with *Override parameters on existing runs*"
            " ticked and *Reprocess Behavior* at *Missing and Errored Runs*; by command or API with"
            ' {"models": ["NAME"]} as conf, or {"models": []} for all models'
        )
