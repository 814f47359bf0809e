"""The notification is about what succeeded; if there is nothing to report, it says why."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from emmaa_airflow.operators import notification as operator_module
from emmaa_airflow.operators.notification import NotificationOperator
from emmaa_airflow.runs.xcom_keys import GATE_KEY, ROUND_KEY
from emmaa_cycle.after_update import AfterUpdatePlan, after_update_plan
from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.model_config import parse_model_config
from emmaa_cycle.plan import Plan
from emmaa_cycle.quality.release import ReleaseState, RoundRelease
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import Stage

ROUND = "2026-03-04-05-06-07"
GOOD = {"stats": "success", "corpus_0": "success", "corpus_1": "success"}


def planned(*, notify: bool = True, hold: bool = False) -> AfterUpdatePlan:
    config = {
        "search_terms": [],
        "test": {"test_corpus": ["a_tests", "b_tests"]},
        "quality": {"hold": hold},
    }
    parsed = parse_model_config("marm", json.dumps(config))
    return after_update_plan(RoundJobs(Settings(), "marm", ROUND, parsed), notify=notify)


def plan_of(
    monkeypatch: pytest.MonkeyPatch,
    states: dict[str, str],
    document: AfterUpdatePlan | None,
    release: RoundRelease | None = None,
) -> Plan:
    pushed: dict[tuple[str, str], Any] = {
        ("plan", ROUND_KEY): document and document.to_json(),
        ("gate", GATE_KEY): release and release.model_dump(mode="json"),
    }
    ti = SimpleNamespace(
        dag_id="emmaa_after_update",
        run_id="run",
        xcom_pull=lambda *, task_ids, key: pushed[task_ids, key],
    )

    def run_states(dag_id: str, run_id: str, tasks: list[str]) -> dict[str, str]:
        assert (dag_id, run_id, tasks) == ("emmaa_after_update", "run", ["stats", "corpus"])
        return states

    monkeypatch.setattr(operator_module, "run_states", run_states)
    operator = NotificationOperator(
        task_id="notify",
        plan_task="plan",
        gate_task="gate",
        model_stats_task="stats",
        corpus_stats_task="corpus",
    )
    context: Any = {"ti": ti}
    return operator.plan(context)


def corpora_of(plan: Plan) -> list[str]:
    command = plan.jobs[Stage.NOTIFICATION].command
    return [word for word in command if word.endswith("_tests")]


def reason(
    monkeypatch: pytest.MonkeyPatch,
    document: AfterUpdatePlan | None,
    states: dict[str, str] = GOOD,
    release: RoundRelease | None = None,
) -> str:
    with pytest.raises(AirflowSkipException) as skipped:
        plan_of(monkeypatch, states, document, release)
    return str(skipped.value)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (GOOD, ["a_tests", "b_tests"]),
        ({**GOOD, "corpus_0": "failed"}, ["b_tests"]),
        ({**GOOD, "corpus_1": "upstream_failed"}, ["a_tests"]),
        ({**GOOD, "stats": "skipped", "corpus_0": "skipped"}, ["a_tests", "b_tests"]),
        ({"stats": "success", "corpus_0": "success"}, ["a_tests"]),
    ],
)
def test_corpora_without_statistics_are_left_out(
    monkeypatch: pytest.MonkeyPatch, states: dict[str, str], expected: list[str]
) -> None:
    assert corpora_of(plan_of(monkeypatch, states, planned())) == expected


def test_without_a_plan_or_statistics_there_is_nothing_to_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "plan has planned nothing" in reason(monkeypatch, None)
    assert "notify is false" in reason(monkeypatch, planned(notify=False))
    for state in ("failed", "upstream_failed"):
        states = {**GOOD, "stats": state}
        assert "model statistics failed" in reason(monkeypatch, planned(), states)
    assert "model statistics failed" in reason(monkeypatch, planned(), {})


def test_a_held_round_notifies_nobody_and_a_released_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = planned(hold=True)

    def release(state: ReleaseState, by: str = "") -> RoundRelease:
        return RoundRelease(model="marm", date=ROUND, state=state, by=by)

    assert "was not checked: clear gate" in reason(monkeypatch, held)
    rejected = reason(monkeypatch, held, GOOD, release(ReleaseState.REJECTED, "ada"))
    assert f"is {ReleaseState.REJECTED} by ada" in rejected
    waiting = reason(monkeypatch, held, GOOD, release(ReleaseState.HELD))
    assert f"the round is {ReleaseState.HELD}: nobody" in waiting
    good = plan_of(monkeypatch, GOOD, held, release(ReleaseState.PASSED))
    assert corpora_of(good) == ["a_tests", "b_tests"]
