"""Whether what would be deployed is what the commit says."""

from __future__ import annotations

import subprocess
from pathlib import Path

from emmaa_cycle.errors import InputError


def refuse_dirty_tree(repository: Path) -> None:
    """Refuse to deploy what no commit holds.

    :raises InputError: naming the files that differ from the last commit or are in none.
    """
    answer = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise InputError(f"{repository} is no git repository: deploy it with --allow-dirty")
    if files := answer.stdout.splitlines():
        shown = "\n".join(files[:10] + ["…"] * (len(files) > 10))
        raise InputError(
            f"the working tree differs from its commit:\n{shown}\n"
            "commit first, or deploy it all the same with --allow-dirty"
        )
