"""The one module that knows Airflow's own authentication, which is no public interface.

Imported by the app alone: it costs seconds, and FastAPI must find these names at its top.
"""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends

from emmaa_cycle.deadline import PIPELINE_DAG
from emmaa_cycle.uploads import DAG_IDS

#: The DAGs whose runs make what the page shows. There are no rights by model.
DAGS = (PIPELINE_DAG, *DAG_IDS.values())
#: Who may see the runs of all of them may see the page; others get 401 or 403.
MAY_SEE = tuple(Depends(requires_access_dag("GET", DagAccessEntity.RUN, dag_id)) for dag_id in DAGS)
