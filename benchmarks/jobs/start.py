"""Start-up of the jobs that need little of INDRA, as whole processes that do a little work."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.jobs.measure import Cost
from benchmarks.jobs.round import Round
from benchmarks.jobs.stage import CORPUS, MODEL, Stage
from emmaa_cycle.dates import day_of
from emmaa_jobs.db.query_database import NewResult
from emmaa_jobs.queries.query_types import query_from_json, query_model_hash

REPEATS = 5
QUERY = {
    "type": "path_property",
    "path": {
        "type": "Activation",
        "subj": {"name": "KRAS", "db_refs": {"HGNC": "6407"}},
        "obj": {"name": "MAPK1", "db_refs": {"HGNC": "6871"}},
        "obj_activity": "activity",
    },
}


@dataclass
class Starts:
    """The jobs that follow a small round which has news for subscribers.

    :param first: the round before it
    :param second: the round that is reported
    """

    stage: Stage
    first: Round
    second: Round

    def __post_init__(self) -> None:
        self.database = self.stage.query_database()
        self.users = 0

    def prepare(self) -> None:
        """Make the first round's statistics, which the second's are compared with."""
        self._statistics(self.first, "model")
        self._statistics(self.first, "tests")

    def measure(self) -> dict[str, Cost]:
        """Each job's cost, the median of some runs; every mail job sends one mail a run."""
        return {
            "`run_model_stats_from_s3 --stats_mode model`": _median(
                lambda: self._statistics(self.second, "model")
            ),
            "`run_model_stats_from_s3 --stats_mode tests`": _median(
                lambda: self._statistics(self.second, "tests")
            ),
            "`model_notifications`": _median(self._notify),
            "`run_email_notifications`": _median(self._mail),
        }

    def _statistics(self, made: Round, mode: str) -> Cost:
        arguments = ("--stats_mode", mode, "--tests", CORPUS, "--date-str", made.date)
        return self.stage.run("run_model_stats_from_s3", "--model", MODEL, *arguments)

    def _notify(self) -> Cost:
        self.database.subscribe_to_model(self._new_user(), MODEL)
        pinned = ("--date", day_of(self.second.date), "--date-str", self.second.date)
        arguments = ("--model", MODEL, "--test_corpora", CORPUS, *pinned)
        return self.stage.run("model_notifications", *arguments)

    def _mail(self) -> Cost:
        query = query_from_json(QUERY)
        number, user = query_model_hash(query, MODEL), self._new_user()
        self.database.register_query(number, MODEL, query.to_json(), query.qtype, user, True)
        answer = NewResult(
            query_hash=number,
            mc_type="signed_graph",
            result_json={"1": {"path": "KRAS → BRAF → MAPK1", "edge_list": []}},
            all_result_hashes=["1"],
            delta=["1"],
            round_date=self.second.date,
            date=None,
        )
        self.database.add_results([answer])
        return self.stage.run("run_email_notifications")

    def _new_user(self) -> int:
        self.users += 1
        return self.database.add_user(f"reader{self.users}@example.org")


def _median(run: Callable[[], Cost]) -> Cost:
    costs = [run() for _ in range(REPEATS)]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.peak_mb for cost in costs),
    )
