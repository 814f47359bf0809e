"""The stack of docker-compose.yaml, which is up already: the demo's cycle on it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import httpx

from emmaa_cycle.errors import InputError
from infra.local.stack.jobs_environment import jobs_environment
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.processes import wait_until
from infra.local.stack.running_stack import ReachedStack

#: Where ``make compose-env`` writes the containers' variables, among them the login.
FOLDER = REPOSITORY / "infra" / "compose" / "env"
READY_SECONDS = 60.0
_FIX = "start it by `make compose-env` and `docker compose up --wait`"


@dataclass
class ComposeStack(ReachedStack):
    """Containers that somebody started; they go on after the command that works with them."""

    end_command: str = "docker compose down"

    def start(self) -> None:
        """Find the login, and wait until Airflow has read the DAGs.

        :raises InputError: if there is no stack, or it is another one than the login's.
        :raises RuntimeError: if it does not get ready, or cannot import a DAG.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self.jobs = jobs_environment(self.directory, secrets.token_hex(32), self.ui_url)
        try:
            lines = (FOLDER / "login.env").read_text().splitlines()
            login = dict(line.split("=", 1) for line in lines if "=" in line)
            self.password = login["EMMAA_LOCAL_AIRFLOW_PASSWORD"]
        except (FileNotFoundError, KeyError) as error:
            raise InputError(f"{FOLDER} holds no login of a stack: {_FIX}") from error
        if not self.airflow.answers():
            raise InputError(f"no Airflow answers at {self.ui_url}: {_FIX}")
        try:
            wait_until(self.airflow.healthy, seconds=READY_SECONDS, what="Airflow", watched=())
            wait_until(self.dags_are_read, seconds=READY_SECONDS, what="the DAGs", watched=())
        except httpx.HTTPStatusError as error:
            raise InputError(
                f"the Airflow at {self.ui_url} does not take the login of {FOLDER}"
                f" (HTTP {error.response.status_code}): it is not the stack of docker-compose.yaml"
            ) from error
