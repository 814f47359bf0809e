"""The embedded AWS serves any project: nothing in it names EMMAA's parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emmaa_cycle import resources
from emmaa_cycle.stages import STAGES

FOLDER = Path(__file__).parents[3] / "infra" / "local" / "aws"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py"))
#: Names of queues, roles, functions and so on, and of the jobs' scripts.
NAMES = {
    *(
        value
        for name, value in vars(resources).items()
        if name.isupper() and isinstance(value, str)
    ),
    *(definition.name for definition in resources.JOB_DEFINITIONS),
    *(queue.name for queue in resources.JOB_QUEUES),
    *(spec.script for spec in STAGES.values()),
}
FOREIGN = re.compile("|".join(["emmaa", "indra", *map(re.escape, sorted(NAMES))]), re.IGNORECASE)


def test_the_names_are_those_of_the_project() -> None:
    assert "emmaa_jobdef" in NAMES
    assert len(NAMES) > 15
    assert FOREIGN.search('queue = "emmaa-after-update"')


@pytest.mark.parametrize("file", FILES)
def test_a_module_names_nothing_of_emmaa(file: str) -> None:
    assert FOREIGN.findall((FOLDER / file).read_text()) == []
