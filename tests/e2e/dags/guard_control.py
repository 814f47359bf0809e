"""A DAG whose task tries to leave this machine, which the network guard must refuse."""

from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None, params={"address": "", "port": 0})
def guard_control() -> None:
    """Try once; that it is refused is no failure."""

    @task
    def leave(params: dict[str, object] | None = None) -> str:
        """Return why the connection could not be made."""
        import socket

        assert params is not None
        try:
            with socket.socket() as outgoing:
                outgoing.settimeout(5)
                outgoing.connect((params["address"], params["port"]))
        except OSError as error:
            return repr(error)
        return "connected"

    leave()


guard_control()
