"""The client of Airflow's REST API, against a local server that answers as Airflow does."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest

from infra.local.stack.airflow_api import PAGE, AirflowApi

RUNS = [{"dag_id": "emmaa_mm_update", "dag_run_id": f"r{n}"} for n in range(PAGE + 5)]

LOG = [
    {"event": "::group::Log message source details", "sources": ["a.log"]},
    {"event": "Task failed", "error_detail": [{"exc_type": "Failed", "exc_value": "no config"}]},
]


class Airflow(BaseHTTPRequestHandler):
    """Knows runs; each token serves three requests.

    :param refuses: whether another run is in the way of each new one
    :param outages: how the next requests end, in this order: by a status, or by no answer if 0
    """

    logins = 0
    left = 0
    refuses = False
    outages: ClassVar[list[int]] = []
    runs: ClassVar[list[str]] = []

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        starts = self.path.endswith("/dagRuns")
        if starts and not self.refuses and body["dag_run_id"] not in self.runs:
            self.runs.append(body["dag_run_id"])  # before the answer, which may get lost
            known = False
        else:
            known = starts
        if self._is_out():
            return
        if self.path == "/auth/token":
            if body["password"] != "right":
                self._answer(401, {})
                return
            type(self).logins += 1
            type(self).left = 3
            self._answer(201, {"access_token": f"t{self.logins}"})
        elif self._allowed():
            self._answer(409 if known else 200, body)

    def do_GET(self) -> None:
        if self._is_out() or not self._allowed():
            return
        if "/dagRuns/manual" in self.path:
            run_id = urllib.parse.unquote(self.path.rpartition("/")[2])
            self._answer(200 if run_id in self.runs else 404, {})
            return
        if "/logs/" in self.path:
            self._answer(200, {"content": LOG})
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        offset, limit = int(query["offset"][0]), int(query["limit"][0])
        page = RUNS[offset : offset + limit]
        self._answer(200, {"dag_runs": page, "total_entries": len(RUNS)})

    def _is_out(self) -> bool:
        if not self.outages:
            return False
        if status := self.outages.pop(0):
            self._answer(status, {})
        else:
            self.close_connection = True
        return True

    def _allowed(self) -> bool:
        cls = type(self)
        if self.headers["authorization"] != f"Bearer t{cls.logins}" or cls.left <= 0:
            self._answer(401, {})
            return False
        cls.left -= 1
        return True

    def _answer(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def url() -> Iterator[str]:
    Airflow.logins = 0
    Airflow.outages.clear()
    Airflow.runs.clear()
    Airflow.refuses = False
    with ThreadingHTTPServer(("127.0.0.1", 0), Airflow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_lists_go_over_all_pages(url: str) -> None:
    runs = AirflowApi(url, "admin", "right").runs(datetime(2026, 1, 1, tzinfo=UTC))
    assert runs == RUNS


def test_a_tasks_log_holds_the_errors_it_ended_with(url: str) -> None:
    task = {"dag_id": "d", "dag_run_id": "r", "task_id": "t", "map_index": 0, "try_number": 1}
    log = AirflowApi(url, "admin", "right").task_log(task)
    assert log.splitlines()[1:] == ["Task failed", "Failed: no config"]


def test_an_expired_token_is_renewed(url: str) -> None:
    airflow = AirflowApi(url, "admin", "right")
    for _ in range(5):
        assert airflow.trigger("emmaa_mm_update", {"model": "rasmodel"}, None) == Airflow.runs[-1]
    assert Airflow.logins == 2


def test_a_wrong_password_is_an_error(url: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        AirflowApi(url, "admin", "wrong").trigger("emmaa_mm_update", {}, None)


def test_an_airflow_that_is_down_is_not_healthy() -> None:
    assert not AirflowApi("http://127.0.0.1:9", "admin", "right").healthy()


def test_reading_goes_on_over_short_outages(url: str) -> None:
    airflow = AirflowApi(url, "admin", "right", retry_seconds=(0, 0, 0))
    Airflow.outages += [503, 0, 500]  # of the login and of the first page
    assert airflow.runs(datetime(2026, 1, 1, tzinfo=UTC)) == RUNS
    assert Airflow.outages == []


@pytest.mark.parametrize(
    ("outage", "error"), [(0, httpx.RemoteProtocolError), (503, httpx.HTTPStatusError)]
)
def test_a_long_outage_is_an_error(url: str, outage: int, error: type[httpx.HTTPError]) -> None:
    airflow = AirflowApi(url, "admin", "right", retry_seconds=(0, 0))
    airflow.trigger("emmaa_mm_update", {}, None)
    Airflow.outages += [outage] * 3
    with pytest.raises(error):
        airflow.runs(datetime(2026, 1, 1, tzinfo=UTC))
    assert Airflow.outages == []


@pytest.mark.parametrize("outage", [0, 500, 503])
def test_a_run_whose_answer_is_lost_is_started_once(url: str, outage: int) -> None:
    airflow = AirflowApi(url, "admin", "right", retry_seconds=(0, 0))
    first = airflow.trigger("emmaa_mm_update", {}, None)
    Airflow.outages += [outage] * 2
    second = airflow.trigger("emmaa_mm_update", {}, None)
    assert Airflow.runs == [first, second]
    assert Airflow.outages == []


def test_another_run_in_the_way_is_an_error(url: str) -> None:
    airflow = AirflowApi(url, "admin", "right", retry_seconds=(0, 0))
    Airflow.refuses = True
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        airflow.trigger("emmaa_mm_update", {}, datetime(2026, 1, 1, tzinfo=UTC))
