"""Documents of any form, and real ones with a part changed, for readers and parsers."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", "\x00", "\ud800", "\u2028", "PMID", "10.1/x", "9" * 40, "=?utf-8?q?x?=", "../..", "NaN"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from([2**70, -1, 1e308])
)
#: Any JSON, small.
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
#: Any bytes, some of them JSON, XML or gzip.
ANY_BYTES = (
    st.binary(max_size=200)
    | ANY_JSON.map(lambda document: json.dumps(document).encode())
    | st.binary(max_size=40).map(lambda tail: b"\x1f\x8b\x08\x00" + tail)
    | st.text(alphabet="<>/ab&;#x0!?[]='\"\x00", max_size=60).map(lambda text: text.encode())
)


def paths(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a document."""
    found = [at]
    keys = document if isinstance(document, dict) else ()
    numbers = range(len(document)) if isinstance(document, list) else ()
    for key in [*keys, *numbers]:
        found += paths(document[key], (*at, key))
    return found


def changed(document: Any) -> st.SearchStrategy[Any]:
    """Draw the document with one or two of its parts replaced by anything, or taken away."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        result = copy.deepcopy(document)
        for _ in range(draw(st.integers(1, 2))):
            path = draw(st.sampled_from(paths(result)))
            if not path:
                return draw(ANY_JSON)
            part = result
            for key in path[:-1]:
                part = part[key]
            if draw(st.booleans()) and isinstance(part, dict):
                del part[path[-1]]
            else:
                part[path[-1]] = draw(ANY_JSON)
        return result

    return draw_one()
