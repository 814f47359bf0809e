"""Imports of Airflow's processes, made before they fork one for each task and each DAG file.

Importing the DAGs' modules takes half a second of a core, in each of a day's hundred processes, and
reading AWS' descriptions of its services another fifth of one. A process that keeps the modules
does not see later changes of their files, so this is for a stack that ends with its day.
"""

from __future__ import annotations

from pathlib import Path

#: Imported by the DAG files, and by what those run.
MODULES = (
    "airflow.providers.amazon.aws.hooks.base_aws",
    "airflow.sdk.definitions.decorators",
    "boto3",
    "emmaa_airflow.dag_defaults",
    "emmaa_airflow.operators.announcement",
    "emmaa_airflow.operators.batch",
    "emmaa_airflow.operators.day_order",
    "emmaa_airflow.operators.notification",
    "emmaa_airflow.operators.outcome",
    "emmaa_airflow.operators.quality_gate",
    "emmaa_airflow.operators.round_order",
    "emmaa_airflow.operators.uploads",
    "emmaa_airflow.planning.params",
    "emmaa_airflow.planning.tasks",
    "emmaa_airflow.reporting.late_models",
    "emmaa_airflow.reporting.run_results",
    "emmaa_airflow.rounds.update_order",
    "emmaa_airflow.runs.dag_runs",
    "jinja2",
    "jsonschema",
)
#: Services of AWS that tasks call.
SERVICES = ("batch", "s3")
#: DAG files are parsed once, unless they change: by default that is each half minute.
_PARSED_ONCE = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600"}

_SETTINGS = f'''"""Imports and reads what each of Airflow's processes would itself."""

import functools
import importlib

import boto3
import botocore.session

__all__: list[str] = []
for _name in {MODULES!r}:
    importlib.import_module(_name)
# Each session of boto3 has a loader, which reads the descriptions anew.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)
for _name in {SERVICES!r}:
    boto3.Session("no", "key", region_name="us-east-1").client(_name)
'''


def keep_imports(home: Path) -> dict[str, str]:
    """Let all processes of an AIRFLOW_HOME import the modules, and make a client, as they start.

    :returns: variables with which they also read no DAG file twice
    """
    folder = home / "config"
    folder.mkdir(exist_ok=True)
    (folder / "airflow_local_settings.py").write_text(_SETTINGS)
    return dict(_PARSED_ONCE)
