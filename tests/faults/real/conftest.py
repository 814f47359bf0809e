"""One site for all cases, and what they come to in one line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.faults.real.site import Site
from tests.faults.real.work import Moment, Work
from tests.killed_runs import stack_ends_with_this_process


@dataclass
class Cases:
    """All works of the session, on one site."""

    site: Site
    works: list[Work] = field(default_factory=list)

    def new(self, name: str, moment: Moment) -> Work:
        """Return a new piece of work with a new model."""
        work = Work(self.site, f"{name}{len(self.works)}".replace("_", "-"), moment)
        self.works.append(work)
        return work


_CASES = pytest.StashKey[Cases]()


@pytest.fixture(scope="session")
def cases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cases]:
    folder = tmp_path_factory.mktemp("faults")
    found = Cases(Site.under(folder))
    request.config.stash[_CASES] = found
    with stack_ends_with_this_process(found.site.directory):
        try:
            found.site.start()
            yield found
        finally:
            found.site.stop()
            shutil.rmtree(folder / "stack" / "airflow", ignore_errors=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the results of this group for ``make faults``."""
    cases = config.stash.get(_CASES, None)
    if cases is None:
        return
    seen = [work.outcome for work in cases.works if work.outcome]
    duplicates = sum(outcome.duplicates for outcome in seen)
    losses = len(cases.works) - sum(not outcome.is_loss for outcome in seen)
    jobs = sum(outcome.submissions for outcome in seen)
    terminalreporter.write_line(
        f"{len(cases.works)} cases on real Airflow processes with {jobs} Batch jobs:"
        f" {duplicates} duplicates, {losses} losses"
    )
