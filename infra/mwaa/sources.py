"""The files of a folder that are the project's: those that git does not ignore.

A machine has private files among the sources: Python's caches, editors' backups, notes that
only this checkout ignores. They must neither be deployed nor change the hash of what is.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def source_files(folder: Path, repository: Path) -> dict[str, bytes]:
    """Contents of the project's files below a folder, by path relative to it.

    Tracked files are taken as they are now, and those that are new but not ignored as well:
    whether they may be deployed is the dirty tree's check to decide. Without git, as in an unpacked
    archive, it is all files but what Python writes.

    :param repository: the checkout's top
    """
    listed = _listed_by_git(folder, repository)
    if listed is None:
        listed = [
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if "__pycache__" not in path.parts and path.suffix != ".pyc"
        ]
    paths = {name: folder / name for name in sorted(listed)}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _listed_by_git(folder: Path, repository: Path) -> list[str] | None:
    """Return what git tracks or would track; None if the repository is not git's own checkout.

    An archive that was unpacked inside of some other repository is not: that one may ignore it.
    """
    top = _git(repository, "rev-parse", "--show-toplevel")
    if top is None or Path(top.rstrip("\n")).resolve() != repository.resolve():
        return None
    names = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", ".")
    return None if names is None else [name for name in names.split("\0") if name]


def _git(folder: Path, *words: str) -> str | None:
    """Return what git prints; None if there is no git, or it fails."""
    try:
        answer = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return answer.stdout if answer.returncode == 0 else None
