"""``env.sh``: what makes a shell a user's tool box for a running stack.

``source`` it in the repository: Airflow's CLI, the AWS CLI and the jobs' scripts then work on the
stack. The file holds secrets, so only its owner may read it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from infra.local.stack.facts import write_private
from infra.local.stack.layout import JOBS_BIN, REPOSITORY, ROOT_BIN

FILE = "env.sh"
#: Of the components' variables, those that are theirs alone: a user's shell keeps its own.
_NOT_FOR_SHELLS = frozenset(
    {
        "EMMAA_NETWORK_GUARD_LOG",
        "EMMAA_STACK",
        "EMMAA_UPLOADS__NOT_BEFORE",
        "HOME",
        "LANG",
        "PATH",
        "PYTHONPATH",
        "SPT_NOENV",
        "TZ",
    }
)
#: The AWS CLI needs other dependencies than Airflow, so uv runs it in a separate environment.
_AWS_CLI = """\
command -v aws > /dev/null || aws() {{ {uv} tool run --quiet --from awscli aws "$@"; }}
"""
#: In the locale C, Python 3.11 and 3.12 cannot start in an environment whose path is not ASCII.
_LOCALE = 'case "${LC_ALL:-}" in C | POSIX) export LC_ALL=C.UTF-8 ;; esac\n'


def write_shell_environment(directory: Path, *variables: Mapping[str, str]) -> Path:
    """Write the file into a stack's folder and return it.

    :param variables: those of the components, later ones first
    """
    merged = {name: value for mapping in variables for name, value in mapping.items()}
    lines = [
        f"export {name}={shlex.quote(value)}\n"
        for name, value in sorted(merged.items())
        if name not in _NOT_FOR_SHELLS
    ]
    path = shlex.quote(f"{JOBS_BIN}:{ROOT_BIN}")
    uv = f'"$(command -v uv || echo {shlex.quote(str(REPOSITORY / ".emmaa/tools/bin/uv"))})"'
    text = (
        "# For a shell in the repository: `source` this file. It works while the stack is up.\n"
        + "".join(lines)
        + f'export PATH={path}:"$PATH"\n'
        + _LOCALE
        + _AWS_CLI.format(uv=uv)
    )
    file = directory / FILE
    write_private(file, text)
    return file
