"""Answers as they are stored: a JSON object from hash to item.

See docs/reference/query-answers.md#stored-answers.

The hash is the decimal text of a 32-bit FNV-1a over UTF-8. It tells news from what is known, so
a path found again has the hash it had, whatever order its sentences come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Response = dict[str, Any]


def text_hash(text: str) -> str:
    """Return the hash of one item of an answer."""
    from fnvhash import fnv1a_32

    return str(fnv1a_32(text.encode()))


def text_response(text: str) -> Response:
    """Return an answer that is a text: why there is no path, or that the query does not apply."""
    return {text_hash(text): text}


def paths_response(paths: Iterable[Mapping[str, Any]]) -> Response:
    """Return an answer of paths, one entry each; paths with the same sentences are one.

    :param paths: entries of ``path_json`` (docs/reference/objects.md#explained-paths)
    """
    return {text_hash(" ".join(sorted(_sentences(path)))): dict(path) for path in paths}


def _sentences(path: Mapping[str, Any]) -> list[str]:
    return [sentence for edge in path["edge_list"] for _, sentence, _ in edge["stmts"]]
