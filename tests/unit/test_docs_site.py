"""The docs site's navigation; `make docs` checks the links."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


def pages(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from pages(target)


def test_every_page_is_in_the_navigation_once() -> None:
    site = tomllib.loads((REPOSITORY / "zensical.toml").read_text())["project"]
    docs = REPOSITORY / "docs"
    written = {page.relative_to(docs).as_posix(): 1 for page in docs.rglob("*.md")}

    assert Counter(pages(site["nav"])) == written, "let zensical.toml name each page under docs/"
