"""A client of Airflow's REST API: start runs and see what became of them."""

from __future__ import annotations

import secrets
import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

PAGE = 100
#: More than an answer takes on a busy machine.
SECONDS = 90.0
#: Airflow on a busy machine may not answer for a moment.
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)


class AirflowApi:
    """One Airflow, by the address of its API server.

    What only reads, or starts a run under an id, is tried again where no answer comes, or a 5xx.

    :param url: scheme, host and port
    :param retry_seconds: the pauses before each further try
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self.url = url
        self._retry_seconds = retry_seconds
        self._credentials = {"username": username, "password": password}
        self._client = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False)
        self._token = ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def answers(self) -> bool:
        """Return whether the API server is up."""
        return bool(self._health())

    def healthy(self) -> bool:
        """Return whether API server, scheduler, DAG processor and triggerer are healthy."""
        health = self._health()
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all(health.get(part, {}).get("status") == "healthy" for part in parts)

    def _health(self) -> dict[str, dict[str, str]]:
        try:
            health: dict[str, dict[str, str]] = self._client.get("/api/v2/monitor/health").json()
        except (httpx.TransportError, ValueError):
            return {}
        return health

    def dag_ids(self) -> set[str]:
        """Return the DAGs that are parsed and not paused."""
        return {dag["dag_id"] for dag in self._pages("/dags", "dags", {"paused": False})}

    def import_errors(self) -> list[str]:
        """Return what the DAG processor could not load, file and last line of each."""
        errors = self._pages("/importErrors", "import_errors", {})
        return [f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}" for e in errors]

    def trigger(self, dag_id: str, conf: dict[str, Any], logical_date: datetime | None) -> str:
        """Start a run and return its id, which is chosen here, so that no repetition starts two.

        :raises httpx.HTTPStatusError: if Airflow refuses it.
        """
        run_id = f"manual__{datetime.now(UTC).isoformat()}_{secrets.token_hex(4)}"
        body = {
            "dag_run_id": run_id,
            "conf": conf,
            "logical_date": logical_date.isoformat() if logical_date else None,
        }
        try:
            self._request("POST", f"/dags/{dag_id}/dagRuns", repeat=True, json=body)
        except httpx.HTTPStatusError as error:
            # A try whose answer was lost may have started it.
            conflict = error.response.status_code == httpx.codes.CONFLICT
            if not (conflict and self._has_run(dag_id, run_id)):
                raise
        return run_id

    def backfill(self, dag_id: str, start: datetime, end: datetime, conf: dict[str, Any]) -> None:
        """Backfill a DAG's past days as the form of the UI does.

        :param start: the first day's moment, with a time zone
        :param end: the last day's
        :raises httpx.HTTPStatusError: if Airflow refuses it.
        """
        body = {
            "dag_id": dag_id,
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "run_backwards": False,
            "dag_run_conf": conf,
            "reprocess_behavior": "none",
            "max_active_runs": 10,
        }
        # What fails on the way leaves no backfill, and a second one is refused.
        self._request("POST", "/backfills", repeat=True, json=body)

    def backfills_at_work(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's backfills that have not ended; Airflow takes one at a time."""
        found = self._pages("/backfills", "backfills", {"dag_id": dag_id})
        return [each for each in found if each["completed_at"] is None]

    def runs(self, since: datetime) -> list[dict[str, Any]]:
        """All runs of all DAGs that were to run after ``since``."""
        query = {"run_after_gte": since.isoformat(), "order_by": "run_after"}
        return list(self._pages("/dags/~/dagRuns", "dag_runs", query))

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run."""
        return self._request("GET", f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}")

    def _has_run(self, dag_id: str, run_id: str) -> bool:
        try:
            self.run(dag_id, run_id)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
            return False
        return True

    def end_run(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed, which ends its tasks."""
        path = f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}"
        self._request("PATCH", path, json={"state": "failed"})

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All task instances of a run, mapped ones one by one."""
        path = f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances"
        return list(self._pages(path, "task_instances", {}))

    def task_log(self, instance: dict[str, Any]) -> str:
        """Return the log of a task instance's last try, as plain text."""
        path = (
            f"/dags/{instance['dag_id']}/dagRuns/{_quoted(instance['dag_run_id'])}"
            f"/taskInstances/{instance['task_id']}/logs/{max(instance['try_number'], 1)}"
        )
        query = {"map_index": instance["map_index"], "full_content": True}
        content = self._request("GET", path, params=query)["content"]
        return "\n".join(_text(line) for line in content)

    def _pages(self, path: str, member: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._request("GET", path, params={**query, "limit": PAGE, "offset": offset})
            yield from page[member]
            offset += PAGE
            if offset >= page["total_entries"]:
                return

    def _request(
        self, method: str, path: str, *, repeat: bool = False, **options: Any
    ) -> dict[str, Any]:
        for fresh in (False, True):
            if fresh or not self._token:
                self._log_in()
            headers = {"authorization": f"Bearer {self._token}"}
            again = repeat or method == "GET"
            response = self._send(method, f"/api/v2{path}", again, headers=headers, **options)
            if response.status_code != httpx.codes.UNAUTHORIZED:
                break
        response.raise_for_status()
        document: dict[str, Any] = response.json()
        return document

    def _log_in(self) -> None:
        response = self._send("POST", "/auth/token", True, json=self._credentials)
        response.raise_for_status()
        self._token = response.json()["access_token"]

    def _send(self, method: str, path: str, repeat: bool, **options: Any) -> httpx.Response:
        # What got no answer may have been done all the same.
        pauses = self._retry_seconds if repeat else ()
        for pause in pauses:
            try:
                response = self._client.request(method, path, **options)
            except httpx.TransportError:
                pass
            else:
                if not response.is_server_error:
                    return response
            time.sleep(pause)
        return self._client.request(method, path, **options)


def _text(line: dict[str, Any] | str) -> str:
    """Return a line of a task's log with its reason and errors, which are not in its text."""
    if isinstance(line, str):
        return line
    more = [str(line["reason"])] if line.get("reason") else []
    more += [f"{e['exc_type']}: {e['exc_value']}" for e in line.get("error_detail") or []]
    return "\n".join([str(line["event"]), *more])


def _quoted(run_id: str) -> str:
    return urllib.parse.quote(run_id, safe="")
