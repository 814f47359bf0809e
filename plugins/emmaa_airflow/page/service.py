"""The models as the page shows them, for HTML and JSON alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from emmaa_airflow.page.files import File, Files
from emmaa_airflow.page.jobs import Jobs
from emmaa_airflow.page.late import late_before
from emmaa_airflow.page.overview_reader import OverviewReader
from emmaa_airflow.page.refreshing import Refreshing, Seen
from emmaa_airflow.page.round_reader import RoundChanges, RoundReader
from emmaa_airflow.page.s3_client import page_client
from emmaa_airflow.page.selection import Filter, is_in
from emmaa_airflow.page.snapshot import Snapshot
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.cost import ModelCost, Rates, model_cost
from emmaa_cycle.overview.model import ModelRow, model_row
from emmaa_cycle.quality.release import RoundRelease
from emmaa_cycle.settings import load_settings

#: The longest wait of a request for what nothing is known of yet, in seconds.
FIRST_WAIT = 4.0


@dataclass(frozen=True)
class Overview:
    """All models, as far as they are known.

    :param age: seconds since the bucket was listed
    :param unread: models that were not looked at yet
    :param refreshing: whether a newer one is being read
    :param fault: why the bucket could not be read last time; empty if it could
    """

    rows: tuple[ModelRow, ...]
    age: int
    unread: int
    refreshing: bool
    fault: str

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of models in each state."""
        counted = Counter(state.value for row in self.rows for state in Filter if is_in(row, state))
        return {state.value: counted[state.value] for state in Filter}


class OverviewUnavailableError(RuntimeError):
    """There is nothing to show; the message says why."""


class PageService:
    """The models of one bucket, and their rounds."""

    def __init__(
        self, refreshing: Refreshing, rounds: RoundReader, files: Files, jobs: Jobs
    ) -> None:
        self.files = files
        self.jobs = jobs
        self._refreshing = refreshing
        self._rounds = rounds
        self._made: tuple[Snapshot | None, str, tuple[ModelRow, ...]] = (None, "", ())

    def _rows(self, snapshot: Snapshot, due: str) -> tuple[ModelRow, ...]:
        """Return the rows of a snapshot, made once: a thousand cost a tenth of a second."""
        made = self._made  # one read: another request may replace it
        if made[0] is snapshot and made[1] == due:
            return made[2]
        rows = tuple(
            model_row(each.model, each.parts, each.config, late_before=due, faults=each.faults)
            for each in snapshot.models
        )
        self._made = (snapshot, due, rows)
        return rows

    def row(self, model: str) -> ModelRow:
        """Return one model's row.

        :raises InputError: if there is no such model.
        """
        for row in self.overview().rows:
            if row.model == model:
                return row
        raise InputError(f"There is no model {model!r}.")

    def changes(self, row: ModelRow, date: str, before: str) -> RoundChanges:
        """Return what changed between two rounds of a model, as :class:`RoundReader` does."""
        corpora = [corpus.corpus for corpus in row.corpora]
        return self._rounds.read(row.model, corpora, date, before)

    def gate(self, row: ModelRow, date: str, faults: list[str]) -> RoundRelease | None:
        """Return what the gate says of a round; None if its model's rounds are never held.

        :param faults: gets the reason if that cannot be read
        """
        return self._rounds.objects.gate(row.model, date, faults)

    def costs(self) -> list[ModelCost]:
        """Return what each model costs, the dearest of the last days first."""
        snapshot, _ = self._snapshot()
        settings, today = load_settings(), datetime.now(UTC).date()
        rates = Rates(settings.cost, settings.batch.targets)
        titles = {row.model: row.title for row in self.overview().rows}
        found = [
            model_cost(each.model, titles.get(each.model, each.model), each.spent, rates, today)
            for each in snapshot.models
        ]
        return sorted(found, key=lambda cost: (-cost.month.dollars, cost.title.casefold()))

    def cost(self, row: ModelRow) -> ModelCost:
        """Return what one model costs."""
        return next(
            (cost for cost in self.costs() if cost.model == row.model),
            ModelCost(row.model, row.title),
        )

    def files_of(self, row: ModelRow, date: str) -> dict[str, list[File]]:
        """Return the files of a model's round, with the state that the round is made of."""
        is_newest = date == row.round
        return self.files.of_round(row.model, date, row.model_date if is_newest else "")

    def overview(self, *, fresh: bool = False) -> Overview:
        """Return what is known, and refresh it behind the scenes if it is old.

        :raises OverviewUnavailableError: if nothing is known.
        """
        snapshot, seen = self._snapshot(fresh=fresh)
        now = datetime.now(UTC)
        rows = self._rows(snapshot, late_before(load_settings(), now))
        age = int((now - snapshot.at).total_seconds())
        return Overview(rows, age, snapshot.unread, seen.refreshing, seen.fault)

    def _snapshot(self, *, fresh: bool = False) -> tuple[Snapshot, Seen]:
        """Return the newest snapshot.

        :raises OverviewUnavailableError: if there is none.
        """
        seen = self._refreshing.look(wait=FIRST_WAIT, fresh=fresh)
        if seen.snapshot is None:
            reason = seen.fault or "The models are being read for the first time: look again soon."
            raise OverviewUnavailableError(reason)
        return seen.snapshot, seen


@cache
def page_service() -> PageService:
    """Return this process' service, made when the page is first looked at."""
    settings = load_settings()
    client = page_client(settings)
    reader = OverviewReader(settings.bucket, client)
    return PageService(
        Refreshing(reader.read),
        RoundReader(settings.bucket, client),
        Files(settings.bucket, client),
        Jobs(
            page_client(settings, "batch"),
            {target.queue for target in settings.batch.targets.values()},
        ),
    )
