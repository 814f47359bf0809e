"""The path that explains a test, drawn as a small graph: boxes for agents, arrows for relations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

#: The widest drawing, in pixels: what is longer goes on in the next line.
WIDTH = 420
_BOX, _LINE, _GAP, _LETTER, _PADDING = 22, 38, 30, 7, 8
_LONGEST = 24
#: Arrows between agents (docs/reference/objects.md#explained-paths).
_ARROWS = re.compile(r" ([→⊣↔]) |(, )")


@dataclass(frozen=True)
class _Box:
    name: str
    x: int
    line: int
    width: int


def path_drawing(path: str) -> Markup:
    """Return an SVG of a path; empty if it has fewer than two agents."""
    pieces = _ARROWS.split(path)
    names, arrows = pieces[::3], pieces[1::3]
    if len(names) < 2:
        return Markup("")
    boxes = _placed(names)
    edges = zip(boxes, boxes[1:], arrows, strict=False)
    drawn = [
        *(_edge(before, after, arrow) for before, after, arrow in edges if arrow),
        *(_box(box) for box in boxes),
    ]
    width = max(box.x + box.width for box in boxes) + 2
    height = boxes[-1].line * _LINE + _BOX + 2
    return Markup(
        '<svg class="path" width="{}" height="{}" viewBox="-1 -1 {} {}" role="img"'
        ' aria-label="{}">{}</svg>'
    ).format(width, height, width, height, path, Markup("").join(drawn))


def _placed(names: list[str]) -> list[_Box]:
    boxes: list[_Box] = []
    x = line = 0
    for name in names:
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        width = len(shown) * _LETTER + 2 * _PADDING
        if boxes and x + width > WIDTH:
            x, line = _GAP, line + 1
        boxes.append(_Box(shown, x, line, width))
        x += width + _GAP
    return boxes


def _box(box: _Box) -> Markup:
    y = box.line * _LINE
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text>'
    ).format(box.x, y, box.width, _BOX, box.x + box.width / 2, y + 15, escape(box.name))


def _edge(before: _Box, after: _Box, arrow: str) -> Markup:
    """Draw an arrow to the next box, round the corner if that is in the next line."""
    y, end = before.line * _LINE + _BOX // 2, after.line * _LINE + _BOX // 2
    kind = {"⊣": "inhibits", "↔": "binds"}.get(arrow, "activates")
    if before.line == after.line:
        start, stop = before.x + before.width, after.x
        line = f"M{start} {y}H{stop}"
    else:
        middle = (before.line + 1) * _LINE - (_LINE - _BOX) // 2
        start, stop = before.x + before.width // 2, after.x
        line = f"M{start} {y + _BOX // 2}V{middle}H{stop - 14}V{end}H{stop}"
    head = {
        "inhibits": f"M{stop - 2} {end - 6}V{end + 6}",
        "binds": "",
        "activates": f"M{stop - 6} {end - 4}L{stop - 1} {end}L{stop - 6} {end + 4}",
    }[kind]
    return Markup('<path class="{}" d="{}{}"/>').format(kind, line, head)
