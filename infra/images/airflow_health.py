"""A container's health check: a component of Airflow is alive, says the API server.

    python airflow_health.py [metadatabase | scheduler | triggerer | dag_processor]

Exit code 0 if it is. The standard library alone, because starting Airflow's own command takes
seconds of processor time at each check.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request

SECONDS = 5
VARIABLE = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
DEFAULT = "http://127.0.0.1:8080/execution/"


def main(component: str = "metadatabase") -> int:
    """Ask the API server and return the exit code."""
    base = os.environ.get(VARIABLE, DEFAULT).removesuffix("/").removesuffix("/execution")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{base}/api/v2/monitor/health", timeout=SECONDS) as answer:
            health = json.load(answer)
    except (OSError, ValueError) as error:
        print(f"{base} does not answer: {error}")
        return 1
    status = health.get(component, {}).get("status")
    print(f"{component}: {status}")
    return 0 if status == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
