"""A PostgreSQL server that stops in the midst of thirty mails: each arrives once, after a retry."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from emmaa_cycle.exit_codes import EXIT_DONE, EXIT_UNAVAILABLE
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.location import variable
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.notification_ledger import NotificationLedger, Status
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.notifications.ses import SesMailService
from run_email_notifications import main
from tests.jobs.embedded_postgres import PostgresServer, running_server
from tests.jobs.notifications.outbox import Outbox

MAILS = 30
QUERY = {
    "type": "path_property",
    "path": {
        "type": "Activation",
        "subj": {"name": "EGF", "db_refs": {"HGNC": "3229"}},
        "obj": {"name": "MAPK1", "db_refs": {"HGNC": "6871"}},
        "obj_activity": "activity",
    },
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def readers(
    server: PostgresServer, migrated: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """Return the addresses of thirty users with a subscription that has a new answer."""
    url = server.new_database()
    monkeypatch.setenv(variable("primary"), url.render_as_string(hide_password=False))
    migrate("primary", url)
    engine = database_engine("primary")
    queries = QueryDatabase(engine)
    addresses = [f"reader{number}@example.org" for number in range(MAILS)]
    for address in addresses:
        user = queries.add_user(address)
        queries.register_query(1, "rasmodel", QUERY, "path_property", user, True)
    queries.add_results([NewResult(1, "pysb", {"1": "yes"}, ["1"], ["1"])])
    engine.dispose()
    yield addresses
    server.stop()
    server.start()


def in_the_middle(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, stop: Any) -> None:
    """Stop the server when half of the mails have been through a method."""
    original = getattr(kind, name)
    calls = Counter[str]()

    def method(self: Any, *args: Any) -> Any:
        calls[name] += 1
        if calls[name] == MAILS // 2 and name != "send":
            stop()
        result = original(self, *args)
        if calls[name] == MAILS // 2 and name == "send":
            stop()  # SES has the mail, and the ledger does not know yet
        return result

    monkeypatch.setattr(kind, name, method)


@pytest.mark.parametrize(
    ("kind", "name", "how"),
    [
        (NotificationLedger, "open_items", signal.SIGINT),
        (NotificationLedger, "reserve", signal.SIGQUIT),
        (SesMailService, "send", signal.SIGQUIT),
        (NotificationLedger, "sent", signal.SIGINT),
    ],
)
def test_thirty_mails_arrive_once(
    server: PostgresServer,
    readers: list[str],
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: type,
    name: str,
    how: signal.Signals,
) -> None:
    in_the_middle(monkeypatch, kind, name, lambda: server.stop(how))

    assert run_job(main, []) == EXIT_UNAVAILABLE
    assert 0 < len(outbox) < MAILS
    server.start()
    assert run_job(main, []) == EXIT_DONE

    assert sorted(outbox.recipients()) == sorted(readers)
    statuses = Counter(entry.status for entry in ledger_entries())
    in_doubt = 1 if name in ("send", "sent") else 0
    assert statuses[Status.UNKNOWN] == in_doubt
    assert statuses[Status.SENT] == MAILS - in_doubt
    assert "it may or may not have been sent" in capsys.readouterr().out or not in_doubt


def ledger_entries() -> list[Any]:
    engine = database_engine("primary")
    try:
        return NotificationLedger(engine).entries()
    finally:
        engine.dispose()
