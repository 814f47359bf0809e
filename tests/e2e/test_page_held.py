"""A round that the gate holds, and its approval by a person, in a real Airflow (docs/gate.md).

A model of the tests' own, on the stack of the two days: its round before is the demo's first one of
another model, of whose statements it then loses half.
"""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from emmaa_cycle.dates import now_round
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import (
    config_key,
    model_key,
    model_prefix,
    model_stats_key,
    model_stats_prefix,
    quality_key,
)
from infra.local.aws.mails import SentMail, sent_mails
from infra.local.provisioning.operators import take_operator_messages
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.jobs_environment import seeder_environment
from infra.local.stack.layout import JOBS_BIN, REPOSITORY
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import wait_until
from tests.e2e.conftest import TwoDays, s3_json
from tests.e2e.opened_page import Browser, row
from tests.e2e.test_page_model import model_page

pytestmark = pytest.mark.e2e

MODEL, SOURCE = "held_tests", "rasmodel"
READER = "held@example.org"
DAG_ID = "emmaa_after_update"
#: As in the page's own script: of Airflow 3.2, and of 3.3.
WAITING = ("deferred", "awaiting_input")
#: Not reached: only a stack that does not work takes so long.
PATIENCE = 600


@dataclass(frozen=True)
class Held:
    """A run that waits for an approval.

    :param date: the ``<dt>`` of its round
    """

    stack: Stack
    run_id: str
    date: str

    def tasks(self) -> dict[str, str]:
        found = self.stack.airflow.task_instances(DAG_ID, self.run_id)
        return {task["task_id"]: task["state"] for task in found}

    def release(self) -> dict[str, Any]:
        document: dict[str, Any] = s3_json(self.stack, quality_key(MODEL, self.date))
        return document

    def mails(self) -> list[SentMail]:
        return [mail for mail in sent_mails(self.stack.aws_url) if READER in mail.recipients]


def first_key(stack: Stack, prefix: str) -> str:
    listed = stack.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}20")
    return str(listed["Contents"][0]["Key"])


def put(stack: Stack, key: str, document: Any) -> None:
    text = json.dumps(document).encode()
    body = gzip.compress(text) if key.endswith(".gz") else text
    stack.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def seed_the_model(stack: Stack) -> None:
    """Store the config, and the statistics of a round of all of the source's statements."""
    config = s3_json(stack, config_key(SOURCE))
    of_the_source = ("query", "export_formats")  # each would be another job
    own = {name: value for name, value in config.items() if name not in of_the_source}
    own |= {
        "name": MODEL,
        "human_readable_name": "Model with a gate",
        "run_daily_tests": False,
        "test": {"mc_types": ["signed_graph"], "test_corpus": []},
        "quality": {"hold": True, "lost_percent": 20},
    }
    put(stack, config_key(MODEL), own)
    key = first_key(stack, model_stats_prefix(SOURCE))
    date = key.removeprefix(model_stats_prefix(SOURCE)).removesuffix(".json")
    put(stack, model_stats_key(MODEL, date), s3_json(stack, key))


def subscribe(stack: Stack) -> None:
    """Run the command of docs/subscriptions.md."""
    done = subprocess.run(
        [str(JOBS_BIN / "python"), "scripts/subscriptions.py", "add", READER, "--model", MODEL],
        env=seeder_environment(stack.jobs, stack.aws_url),
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def upload_half(stack: Stack) -> None:
    """Upload a model state, which starts the runs that make a round of it."""
    state = s3_json(stack, first_key(stack, model_prefix(SOURCE)))
    put(stack, model_key(MODEL, now_round()), state[: len(state) // 2])


@pytest.fixture(scope="module")
def held(two_days: TwoDays) -> Iterator[Held]:
    """Make a round that loses half of the statements, and wait until it is held."""
    stack, since = two_days.stack, datetime.now(UTC)
    take_operator_messages(stack.aws)  # those of other tests
    seed_the_model(stack)
    subscribe(stack)
    upload_half(stack)
    found: list[Held] = []

    def is_held() -> bool:
        for run in stack.airflow.runs(since):
            if (run["dag_id"], (run["conf"] or {}).get("model")) != (DAG_ID, MODEL):
                continue
            assert run["state"] not in ("success", "failed"), "the round was not held"
            held = Held(stack, run["dag_run_id"], str(run["conf"]["date"]))
            found[:] = [held] if held.tasks().get("check_quality") in WAITING else []
        return bool(found)

    wait_until(is_held, seconds=PATIENCE, what="the held round", watched=stack.processes, every=1)
    yield found[0]
    if found[0].tasks()["check_quality"] in WAITING:  # a test has failed
        stack.airflow.end_run(DAG_ID, found[0].run_id)


def test_a_bad_round_is_held_and_only_operators_read_of_it(held: Held) -> None:
    (message,) = take_operator_messages(held.stack.aws)
    assert message.subject.startswith(f"EMMAA: {MODEL} is held: lost ")
    assert "and are then not sent" in message.text
    assert held.release()["state"] == "held"
    assert held.tasks()["notify"] is None
    assert held.mails() == []


def test_a_person_approves_it_from_the_page_and_the_mail_goes(held: Held, opened: Browser) -> None:
    frame = opened.overview(f"find={MODEL}")
    cell = row(frame, MODEL).locator("[data-stage=mails]")
    expect(cell).to_contain_text(f"round {held.date}; lost ")
    expect(frame.locator("#live")).to_contain_text("1 held")
    frame = model_page(opened, MODEL)
    expect(frame.get_by_role("status").filter(has_text="This round is held")).to_contain_text(
        "the limit is 20 %"
    )
    frame.get_by_role("link", name="Approve or reject").click()
    opened.page.wait_for_url("**/tasks/check_quality/required_actions**")
    opened.page.get_by_role("button", name="Approve", exact=True).click()
    wait_until(
        lambda: held.stack.airflow.run(DAG_ID, held.run_id)["state"] in ("success", "failed"),
        seconds=PATIENCE,
        what="the end of the approved run",
        watched=held.stack.processes,
        every=1,
    )
    assert held.stack.airflow.run(DAG_ID, held.run_id)["state"] == "success"
    assert held.tasks()["notify"] == "success"
    (mail,) = held.mails()
    assert "Model with a gate" in mail.subject


def test_run_and_page_say_who_approved(held: Held, opened: Browser) -> None:
    """After the approval of the test before."""
    assert (held.release()["state"], held.release()["by"]) == ("approved", USERNAME)
    note = held.stack.airflow.run(DAG_ID, held.run_id)["note"]
    assert f"approved by {USERNAME}" in note
    frame = opened.overview(f"find={MODEL}")
    cell = row(frame, MODEL).locator("[data-stage=mails]")
    expect(cell).to_contain_text(f"approved by {USERNAME}")
    expect(frame.locator("#live")).to_contain_text("0 held")
    frame = model_page(opened, MODEL)
    decision = f"This round was held, and approved by {USERNAME}."
    expect(frame.get_by_role("status").filter(has_text=decision)).to_be_visible()
