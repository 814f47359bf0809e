"""The gate of ``emmaa_after_update``: bad rounds are reported, and held where the rules say so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emmaa_airflow.operators import quality_gate
from emmaa_airflow.operators.quality_gate import QualityGate
from emmaa_cycle.quality.release import RoundRelease, parse_release
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key, quality_key
from tests.dags.people_who_approve import nobody_answers, person_answers
from tests.dags.world import ROUND, World
from tests.dags.world_runs import Run

DAG = "emmaa_after_update"
GATE = "check_quality"
EARLIER = "2026-02-28-18-00-00"
CORPUS = {"test": {"test_corpus": ["ras"]}}
HOLD = {**CORPUS, "quality": {"hold": True}}


def sentences(numbers: range) -> dict[str, list[str]]:
    return {str(number): ["", f"Statement {number}.", ""] for number in numbers}


def put_round(world: World, model: str, *, lost: int = 0, passed: int = 1) -> None:
    """Store the statistics of two rounds; the earlier has ten statements and passes one test."""
    for date, removed, passing in ((EARLIER, 0, 1), (ROUND, lost, passed)):
        dates = [EARLIER, ROUND] if date == ROUND else [EARLIER]
        numbers = range(removed, 10)
        document: dict[str, Any] = {
            "model_summary": {
                "number_of_statements": len(numbers),
                "all_stmts": sentences(numbers),
            },
            "model_delta": {
                "statements_hashes_delta": {
                    "added": [],
                    "removed": [str(number) for number in range(removed)],
                }
            },
            "paper_delta": {"raw_paper_ids_delta": {"added": [], "removed": []}},
            "changes_over_time": {"number_of_raw_papers": [5] * len(dates), "dates": dates},
        }
        world.put(model_stats_key(model, date), json.dumps(document))
        verdict, ratio = ("Pass" if passing else "Fail"), passing / 2
        failed = [] if passing else ["1"]
        document = {
            "test_round_summary": {
                "number_applied_tests": 2,
                "all_test_results": {"1": {"test": ["", "T one.", ""], "pysb": [verdict, ""]}},
                "pysb": {"number_passed_tests": passing, "passed_ratio": ratio},
            },
            "tests_delta": {
                "applied_hashes_delta": {"added": [], "removed": []},
                "pysb": {"passed_hashes_delta": {"added": [], "removed": failed}},
            },
            "changes_over_time": {
                "pysb": {"passed_ratio": [0.5, ratio][-len(dates) :]},
                "dates": dates,
            },
        }
        world.put(corpus_stats_key(model, "ras", date), json.dumps(document))


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the messages to operators."""
    reports: list[Any] = []
    for place in ("quality_gate", "outcome"):
        monkeypatch.setattr(
            f"emmaa_airflow.operators.{place}.operators_notifier",
            lambda _: lambda context: reports.append(context["report"]),
        )
    return reports


def run(world: World, model: str, **conf: Any) -> Run:
    world.put_manager(model)
    return world.run(DAG, model=model, **conf)


def stored(world: World, model: str) -> RoundRelease:
    answer = world.s3.get_object(Bucket=world.bucket, Key=quality_key(model, ROUND))
    return parse_release(answer["Body"].read())


def has_state(world: World, model: str) -> bool:
    return bool(
        world.s3.list_objects_v2(Bucket=world.bucket, Prefix=f"quality/{model}/")["KeyCount"]
    )


def test_a_good_round_passes_and_nobody_is_notified(world: World, reports: list[Any]) -> None:
    world.put_model("marm", **HOLD)
    put_round(world, "marm", lost=2)
    done = run(world, "marm")
    assert done.state == "success"
    assert done.tasks["notify"] == "success"
    assert reports == []
    assert stored(world, "marm").state == "passed"


def test_a_bad_round_is_reported_with_what_changed_and_goes_out(
    world: World, reports: list[Any]
) -> None:
    world.put_model("marm", **CORPUS)
    put_round(world, "marm", lost=3, passed=0)
    done = run(world, "marm")
    assert done.state == "success"
    assert done.tasks["notify"] == "success"
    (report,) = reports
    assert "lost 3 of 10 statements (30 %, the limit is 20 %)" in report.subject
    assert "    Statement 0.\n    Statement 1.\n    Statement 2." in report.text
    assert "Ras, pysb: pass rate fell from 50 % to 0 % (the limit is 10 points)" in report.text
    assert "    T one." in report.text
    assert "Subscribers are notified as usual" in report.text
    assert "lost 3 of 10 statements" in done.xcoms["outcome", "result"]
    assert not has_state(world, "marm")


def test_a_held_round_goes_out_when_a_person_approves(world: World, reports: list[Any]) -> None:
    world.put_model("marm", **HOLD)
    put_round(world, "marm", lost=3)
    with person_answers("Approve", "Ada") as asked:
        done = run(world, "marm")
    assert done.state == "success"
    assert done.tasks["notify"] == "success"
    ((subject, body),) = asked
    assert subject == f"Notify subscribers of marm, round {ROUND}?"
    assert "    Statement 0." in body
    (report,) = reports
    assert report.text == body
    assert f"/tasks/{GATE}/required_actions" in report.text
    release = stored(world, "marm")
    assert (release.state, release.by, release.run_id) == ("approved", "Ada", done.run_id)
    assert "(approved by Ada)" in done.xcoms["outcome", "result"]


def test_a_rejected_round_is_not_sent(world: World, reports: list[Any]) -> None:
    world.put_model("marm", **HOLD)
    put_round(world, "marm", passed=0)
    with person_answers("Reject", "Bo"):
        done = run(world, "marm")
    assert done.state == "success"
    assert done.tasks["notify"] == "skipped"
    assert done.notes["notify"] == "the round is rejected by Bo: nobody is notified"
    assert not [job for job in done.jobs if "model_notifications" in job.script]
    assert stored(world, "marm").state == "rejected"
    assert len(reports) == 1


def test_a_round_that_nobody_answers_is_not_sent_and_reported(
    world: World, reports: list[Any]
) -> None:
    world.put_model("marm", **CORPUS, quality={"hold": True, "hold_hours": 1e-6})
    put_round(world, "marm", lost=5)
    with nobody_answers():
        done = run(world, "marm")
    assert done.state == "failed"
    assert done.tasks[GATE] == "failed"
    assert done.tries[GATE] == 1
    assert done.tasks["notify"] == "skipped"
    assert stored(world, "marm").state == "unanswered"
    held, failed = reports
    assert "is held" in held.subject
    assert "nobody approved the round within 1e-06 hours" in failed.text


def test_a_held_round_holds_no_other_model(world: World, reports: list[Any]) -> None:
    """The held round ends last; by then the other model's subscribers know of theirs."""
    world.put_model("bad", **HOLD)
    world.put_model("good", **HOLD)
    put_round(world, "bad", lost=9)
    put_round(world, "good")
    good = run(world, "good")
    with person_answers("Reject"):
        bad = run(world, "bad")
    assert (good.tasks["notify"], bad.tasks["notify"]) == ("success", "skipped")
    assert (stored(world, "good").state, stored(world, "bad").state) == ("passed", "rejected")


def test_too_many_held_rounds_leave_room_for_other_models(
    world: World, reports: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_gate, "MAX_HELD", 0)
    world.put_model("marm", **HOLD)
    put_round(world, "marm", lost=3)
    done = run(world, "marm")
    assert (done.tasks[GATE], done.tasks["notify"]) == ("failed", "skipped")
    assert "0 rounds wait for an approval already" in reports[-1].text
    assert stored(world, "marm").state == "held"


def test_a_silent_round_is_reported_and_holds_nothing(world: World, reports: list[Any]) -> None:
    world.put_model("marm", **HOLD)
    put_round(world, "marm", lost=3)
    done = run(world, "marm", notify="no")
    assert done.state == "success"
    assert done.tasks[GATE] == "success"
    assert len(reports) == 1
    assert not has_state(world, "marm")


def test_statistics_that_cannot_be_read_are_not_taken_for_good(
    world: World, reports: list[Any]
) -> None:
    world.put_model("marm", **HOLD)
    put_round(world, "marm")
    world.put(corpus_stats_key("marm", "ras", ROUND), "no JSON")
    with person_answers("Approve"):
        done = run(world, "marm")
    assert done.tasks["notify"] == "success"
    assert "Ras cannot be judged" in reports[0].text


def test_what_an_earlier_run_found_is_not_reported_again_but_held(
    world: World, reports: list[Any]
) -> None:
    world.put_model("loud", **CORPUS)
    put_round(world, "loud", lost=3)
    assert run(world, "loud", stages=["queries"]).tasks[GATE] == "success"
    assert reports == []
    world.put_model("held", **HOLD)
    put_round(world, "held", lost=3)
    with person_answers("Approve"):
        done = run(world, "held", stages=["notification"])
    assert done.tasks["notify"] == "success"
    assert len(reports) == 1


def test_without_model_statistics_nothing_is_held(world: World, reports: list[Any]) -> None:
    world.put_model("statless", **HOLD)
    put_round(world, "statless", passed=0)
    done = run(world, "statless", stages=["model_stats", "test_stats", "notification"])
    assert done.tasks["run_model_stats"] == "failed"
    assert done.tasks[GATE] == "success"
    assert done.tasks["notify"] == "skipped"


def test_nothing_is_checked_if_nothing_was_planned(world: World) -> None:
    world.put_model("marm", **HOLD)
    done = world.run(DAG, model="marm")
    assert done.tasks[GATE] == "skipped"
    assert done.notes[GATE] == "the task plan has planned nothing"


def test_a_bucket_that_refuses_the_state_stops_the_round_with_a_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    from emmaa_airflow.aws.bucket_reader import BucketReader

    answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}

    class Refusing:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

        def put_object(self, **_: Any) -> None:
            raise ClientError(answer, "PutObject")

    of = BucketReader.of
    monkeypatch.setattr(
        BucketReader,
        "of",
        lambda settings: BucketReader(settings.bucket, Refusing(of(settings).client)),
    )
    world.put_model("marm", **HOLD)
    world.put_manager("marm")
    done = world.run(DAG, model="marm")
    assert done.tries["plan"] == 1
    assert "Let Airflow's role put objects under quality/" in done.notes["plan"]
    assert done.jobs == []


def test_the_gate_looks_at_the_rounds_own_statistics(dag_bag: Any) -> None:
    gate = dag_bag.dags[DAG].get_task(GATE)
    assert isinstance(gate, QualityGate)
    named = (gate.plan_task, gate.model_stats_task, gate.corpus_stats_task)
    assert named == ("plan", "run_model_stats", "test_corpus.run_test_stats")
    assert gate.trigger_rule == "all_done"
    assert dag_bag.dags[DAG].max_active_runs >= 2 * quality_gate.MAX_HELD
