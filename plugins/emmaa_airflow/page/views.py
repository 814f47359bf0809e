"""The places of Airflow's UI where the page is shown: an entry in the navigation, a tab of runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def react_views() -> list[dict[str, Any]]:
    """Return the views, as Airflow's ``react_apps`` wants them.

    The names are those of the components in ``static/frame.js``, and the labels.
    """
    from airflow.configuration import conf

    # 3.2.1 resolves the address against its own script, 3.3 against its <base>: a whole path is
    # right in both.
    root = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    common = {
        "bundle_url": f"{root}/emmaa/static/frame.js",
        "icon": f"{root}/emmaa/static/icon.svg",
        "icon_dark_mode": f"{root}/emmaa/static/icon-dark.svg",
    }
    return [
        {
            **common,
            "name": "EMMAA",
            "url_route": "emmaa",
            "destination": "nav",
            "nav_top_level": True,
        },
        {**common, "name": "Round", "url_route": "emmaa-round", "destination": "dag_run"},
    ]
