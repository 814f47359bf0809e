"""HTML of the page: escaped by Jinja, and fenced in by a Content-Security-Policy."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from emmaa_airflow.page.path_drawing import path_drawing
from emmaa_airflow.page.sparkline import sparkline
from emmaa_cycle.stages import AFTER_UPDATE_STAGES, STAGES, Stage

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"

_pages = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["spark"] = lambda values: Markup(sparkline(values))  # noqa: S704 - numbers alone
_pages.globals["stages"] = tuple(str(stage) for stage in AFTER_UPDATE_STAGES)
_pages.filters["dollars"] = lambda sum_: f"${sum_:,.{4 if 0 < sum_ < 1 else 2}f}"
_pages.filters["hours"] = lambda hours: f"{hours:,.2f}"
_pages.filters["stage_label"] = lambda stage: STAGES[Stage(stage)].label if stage else ""
_pages.filters["plain"] = lambda charts: [asdict(chart) for chart in charts]
_pages.filters["drawn"] = path_drawing
_pages.filters["short"] = lambda date: f"{date[5:10]} {date[11:16].replace('-', ':')}"


def html(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a rendered template with the headers that keep others' text from running."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    text = _pages.get_template(template).render(nonce=nonce, **values)
    return HTMLResponse(text, status, headers)
