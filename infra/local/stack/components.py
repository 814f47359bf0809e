"""The components of a stack: how each is started, kept beside the stack's state file.

The supervisor and the commands that look at a stack read them. The file holds secrets that are in
the components' environments, so only its owner may read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.local.stack.facts import write_private
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.processes import StartedProcess, start_process


@dataclass(frozen=True)
class Component:
    """A part of a stack that runs as one process.

    :param argv: the command that starts it
    :param environment: all its variables, but for the stack's mark
    :param log: the file that its output is appended to
    """

    name: str
    argv: list[str]
    environment: dict[str, str]
    log: str

    def start(self) -> StartedProcess:
        """Start it in the repository, in a new session."""
        started = start_process(
            self.name,
            self.argv,
            environment=self.environment,
            directory=REPOSITORY,
            log=Path(self.log),
        )
        started.reap()
        return started


def record_components(directory: Path, components: Iterable[Component]) -> None:
    """Write down how the components of a folder's stack are started."""
    document = {"components": [asdict(component) for component in components]}
    write_private(_file(directory), json.dumps(document, indent=1))


def recorded_components(directory: Path) -> list[Component]:
    """Return the components that :func:`record_components` wrote down; none without a file.

    :raises InputError: if the file is not as it should be.
    """
    file = _file(directory)
    if not file.exists():
        return []
    try:
        return [Component(**item) for item in json.loads(file.read_text())["components"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{file} does not describe a stack's components ({error}): run `make down`, then start"
            " the stack again"
        ) from error


def _file(directory: Path) -> Path:
    return directory / "components.json"
