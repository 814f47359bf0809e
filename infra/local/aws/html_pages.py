"""Read-only pages for a browser, which run nothing of what they show."""

from __future__ import annotations

import html
from http import HTTPStatus

#: Of every page: nothing is loaded, run or kept.
HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
#: Of pages that are written here.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }
table { border-collapse: collapse } td { padding: .15rem 1.5rem .15rem 0; vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px }
iframe { width: 100%; height: 70vh; border: 1px solid #888 }
"""


class PageError(Exception):
    """A request that gets no page.

    :param status: the HTTP status
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def document(title: str, body: str) -> str:
    """Return a page.

    :param title: text
    :param body: HTML
    """
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escaped(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escaped(title)}</h1>{body}</html>"
    )


def escaped(text: str) -> str:
    """Return a text as HTML shows it."""
    return html.escape(text)
