"""Ask Airflow's own API server for the EMMAA page, as several people; print each answer's status.

Run as a program by ``test_page_access.py``, because Airflow's app is made once a process. Its
argument is the auth manager, ``simple`` or ``fab``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

BASE = "/af"
PATHS = ("overview", "model?model=m", "files?model=m", "file?model=m&key=k", "cost",
         "round?dag_id=a&run_id=b", "api/models", "api/cost", "api/jobs?id=1")  # fmt: skip
MANAGERS = {
    "simple": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "fab": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
}
PASSWORD = "of the tests"


def main() -> None:
    """Print a JSON object: the statuses of all paths by person, and where the frame is."""
    manager = sys.argv[1]
    os.environ["AIRFLOW__API__BASE_URL"] = f"http://localhost:8080{BASE}"
    os.environ["AIRFLOW__CORE__AUTH_MANAGER"] = MANAGERS[manager]
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb
    from starlette.testclient import TestClient

    from emmaa_airflow.page import app as page_app
    from emmaa_airflow.page.service import OverviewUnavailableError

    def unavailable() -> Any:
        raise OverviewUnavailableError("nothing is read here")

    vars(page_app)["page_service"] = unavailable
    initdb()
    client = TestClient(create_app(apps="all"), base_url="http://localhost:8080")
    roles = {"viewer": "Viewer", "admin": "Admin", "without rights": None}
    tokens = (_simple_tokens if manager == "simple" else _fab_tokens)(client, roles)
    people = {"nobody": "", "junk": "junk", **tokens}
    answers = {person: _statuses(client, token) for person, token in people.items()}
    client.cookies.set("_token", tokens["viewer"])
    answers["viewer by cookie"] = _statuses(client, "")
    client.cookies.clear()
    print(json.dumps({"answers": answers, **_frame(client, tokens["admin"])}))


def _statuses(client: Any, token: str) -> list[int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return [client.get(f"{BASE}/emmaa/{path}", headers=headers).status_code for path in PATHS]


def _frame(client: Any, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    plugins = client.get(f"{BASE}/api/v2/plugins", headers=headers).json()["plugins"]
    (views,) = (plugin["react_apps"] for plugin in plugins if plugin["name"] == "emmaa")
    static = client.get(f"{BASE}/emmaa/static/frame.js").status_code
    return {"static": static, "bundles": [view["bundle_url"] for view in views]}


def _simple_tokens(client: Any, roles: dict[str, str | None]) -> dict[str, str]:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return {
        person: str(
            get_auth_manager().generate_jwt(
                SimpleAuthManagerUser(username=person, role=role and role.upper())
            )
        )
        for person, role in roles.items()
    }


def _fab_tokens(client: Any, roles: dict[str, str | None]) -> dict[str, str]:
    # A provider that this environment need not have.
    commands = importlib.import_module("airflow.providers.fab.auth_manager.cli_commands.utils")
    with commands.get_application_builder() as builder:
        for person, role in roles.items():
            name = person.replace(" ", "_")
            found = builder.sm.find_role(role or "Public")
            builder.sm.add_user(name, "A", "B", f"{name}@example.org", found, PASSWORD)
    tokens = {}
    for person in roles:
        login = {"username": person.replace(" ", "_"), "password": PASSWORD}
        tokens[person] = client.post(f"{BASE}/auth/token", json=login).json()["access_token"]
    return tokens


if __name__ == "__main__":
    main()
