"""Run by an environment's own Python: what Airflow there makes of the deployed folders.

Prints one JSON document. It imports nothing of the repository: what it finds of ours comes from
the plugins folder, as on MWAA.
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> int:
    """Load plugins and DAGs, and tell what was found and what failed."""
    logging.disable(logging.WARNING)
    import airflow
    from airflow import plugins_manager
    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    initdb()
    plugins_manager.ensure_plugins_loaded()
    bag = DagBag(dag_folder=conf.get("core", "dags_folder"))
    import emmaa_cycle
    from emmaa_cycle.settings import load_settings

    found = {
        "airflow": airflow.__version__,
        "dags": sorted(bag.dags),
        "dag_errors": bag.import_errors,
        "plugins": [plugin["name"] for plugin in plugins_manager.get_plugin_info()],
        "plugin_errors": plugins_manager.get_import_errors(),
        "package": emmaa_cycle.__file__,
        "bucket": load_settings().bucket,
    }
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
