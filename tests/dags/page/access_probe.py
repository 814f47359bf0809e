"""Ask Airflow's own API server for the EMMAA page, as several people; print each answer's status.

Run as a program by ``test_page_access.py``, because an app of Airflow's is made once a process.
"""

from __future__ import annotations

import json
import os
from typing import Any

BASE = "/af"
PATHS = ("overview", "model?model=m", "files?model=m", "file?model=m&key=k", "cost",
         "round?dag_id=a&run_id=b", "api/models", "api/cost", "api/jobs?id=1")  # fmt: skip


def main() -> None:
    """Print a JSON object: the statuses of all paths, by person."""
    os.environ["AIRFLOW__API__BASE_URL"] = f"http://localhost:8080{BASE}"
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.db import initdb
    from starlette.testclient import TestClient

    from emmaa_airflow.page import app as page_app
    from emmaa_airflow.page.service import OverviewUnavailableError

    def unavailable() -> Any:
        raise OverviewUnavailableError("nothing is read here")

    page_app.page_service = unavailable  # type: ignore[attr-defined]
    initdb()
    client = TestClient(create_app(apps="core"), base_url="http://localhost:8080")

    def token(role: str | None) -> str:
        return str(
            get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
        )

    people: dict[str, dict[str, Any]] = {
        "nobody": {},
        "junk": {"headers": {"Authorization": "Bearer junk"}},
        "viewer": {"headers": {"Authorization": f"Bearer {token('VIEWER')}"}},
        "viewer by cookie": {"cookies": {"_token": token("VIEWER")}},
        "admin": {"headers": {"Authorization": f"Bearer {token('ADMIN')}"}},
        "without a role": {"headers": {"Authorization": f"Bearer {token(None)}"}},
    }
    answers = {}
    for person, how in people.items():
        client.cookies.clear()
        client.cookies.update(how.get("cookies", {}))
        headers = how.get("headers", {})
        found = [client.get(f"{BASE}/emmaa/{path}", headers=headers) for path in PATHS]
        answers[person] = [answer.status_code for answer in found]
    static = client.get(f"{BASE}/emmaa/static/frame.js").status_code
    views = client.get(
        f"{BASE}/api/v2/plugins", headers={"Authorization": f"Bearer {token('ADMIN')}"}
    ).json()
    bundles = [
        view["bundle_url"]
        for plugin in views["plugins"]
        for view in plugin["react_apps"]
        if plugin["name"] == "emmaa"
    ]
    print(json.dumps({"answers": answers, "static": static, "bundles": bundles}))


if __name__ == "__main__":
    main()
