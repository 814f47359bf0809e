"""Finding the Python that MWAA has on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.mwaa.versions import PYTHON


def find_python() -> Path:
    """Return an interpreter of MWAA's Python version: on the path, or one of pyenv's.

    uv's own search is not asked: it stops at pyenv's stand-ins for versions that are not chosen.

    :raises InputError: if there is none.
    """
    for candidate in _candidates():
        if _runs(candidate):
            return candidate
    raise InputError(
        f"make mwaa-check needs Python {PYTHON}, which MWAA has: install it so that"
        f" python{PYTHON} runs, or with pyenv"
    )


def _candidates() -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder) / f"python{PYTHON}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{PYTHON}.*/bin/python"), reverse=True)


def _runs(candidate: Path) -> bool:
    if not candidate.is_file():
        return False
    asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == PYTHON
