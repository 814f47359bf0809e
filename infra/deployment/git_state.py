"""Check that the files to deploy are those of the commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

from emmaa_cycle.errors import InputError

#: What is deployed, or makes what is deployed. All else may differ: notes, other images, and the
#: deployment's own file, which the quick start writes at the top.
DEPLOYED = (
    "dags",
    "plugins",
    "lambdas",
    "infra/cloudformation",
    "infra/deployment",
    "infra/mwaa",
    "infra/shared",
    "infra/deploy.py",
)


def refuse_dirty_tree(repository: Path) -> None:
    """Refuse to deploy what no commit holds.

    :raises InputError: naming the files that differ from the last commit or are in none.
    """
    answer = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all", "--", *DEPLOYED],
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
            f"what is deployed differs from its commit:\n{shown}\n"
            "commit first, or deploy it all the same with --allow-dirty"
        )
