"""Graphviz in a separate process: nothing else limits its time and memory, or stops it.

Run as a module, it reads a graph (DOT) and writes the picture (SVG).
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.child_program import memory_limit, owned_command

#: ``dot`` puts causes above effects; its time grows with the cube: 300 rules took 108 s.
MAX_DOT_NODES = 150
DRAWING_SECONDS = 120.0
_FAST = "-Gnslimit=1 -Gnslimit1=1 -Gmclimit=0.1"
#: Springs, spread out until no box hides another: 3,000 rules took 7 s.
_SPRINGS = "-Goverlap=scale"


def draw(graph: Any, *, clusters: bool = False) -> bytes:
    """Draw a graph as SVG; equal graphs give equal bytes.

    :param graph: pygraphviz ``AGraph``
    :param clusters: whether nodes are in frames, which only ``dot`` draws
    :raises InputError: if it takes too long or needs too much memory, or Graphviz fails.
    """
    nodes = graph.number_of_nodes()
    program = ("dot", _FAST) if clusters or nodes <= MAX_DOT_NODES else ("sfdp", _SPRINGS)
    drawing = [sys.executable, "-m", __name__, *program]
    command = owned_command(drawing, str(os.getpid()), memory_limit())
    try:
        done = subprocess.run(
            command,
            input=graph.to_string().encode(),
            capture_output=True,
            timeout=DRAWING_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"Graphviz did not draw its {nodes} nodes in {DRAWING_SECONDS:g} s"
        ) from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[-1000:].strip()
        raise InputError(f"Graphviz could not draw its {nodes} nodes: {said}")
    picture: bytes = done.stdout
    return picture


def _main(program: str, arguments: str) -> None:
    import pygraphviz

    try:
        graph = pygraphviz.AGraph(string=sys.stdin.read())
        picture = graph.draw(format="svg", prog=program, args=arguments)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(picture)


if __name__ == "__main__":
    _main(*sys.argv[1:])
