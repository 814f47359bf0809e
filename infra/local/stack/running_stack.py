"""A running stack, regardless of its starter: its Airflow, its AWS, its seed data."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from infra.local.provisioning.account import Account
from infra.local.stack.airflow_api import RETRY_SECONDS, AirflowApi
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.jobs_environment import GUARD_LOG, REGION, seeder_environment
from infra.local.stack.layout import JOBS_BIN, REPOSITORY
from infra.local.stack.ports import HOST
from infra.local.stack.processes import StartedProcess

DAG_IDS = frozenset(
    {
        "emmaa_update_pipeline",
        "emmaa_mm_update",
        "emmaa_after_update",
        "emmaa_email_notifications",
        "emmaa_upload_watch",
        "emmaa_deadline",
    }
)

#: Further pauses between tries while a killed API server is restarted, on a busy machine.
RESTART_SECONDS = (8.0, 15.0, 30.0, 30.0)

Announce = Callable[[str], None]


@dataclass
class ReachedStack:
    """A stack by its two addresses on this machine.

    :param directory: this machine's folder for the stack's logs
    :param ui_port: Airflow's port
    :param aws_port: the embedded AWS' port
    :param announce: called with a few words about each step
    :param kept: whether it outlives the command that works with it
    :param end_command: how a person ends a kept one
    :param dag_ids: the DAGs that must be there before the stack is ready
    :param password: of Airflow's one user
    :param jobs: the environment in which the seeder runs
    :param processes: its parts, where they are processes of this machine that can be watched
    :param supervised: whether a component that ends is restarted; calls then wait for its Airflow
    :param guarded: whether its processes write to :attr:`guard_log`
    """

    directory: Path
    ui_port: int = 8080
    aws_port: int = 5555
    announce: Announce = print
    kept: bool = False
    end_command: str = "make down"
    dag_ids: frozenset[str] = DAG_IDS
    password: str = ""
    jobs: dict[str, str] = field(default_factory=dict)
    processes: list[StartedProcess] = field(default_factory=list)
    supervised: bool = False
    guarded: bool = False
    _open_clients: ExitStack = field(default_factory=ExitStack)

    @property
    def ui_url(self) -> str:
        """Airflow's address."""
        return f"http://{HOST}:{self.ui_port}"

    @property
    def aws_url(self) -> str:
        """The embedded AWS' endpoint."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def watched(self) -> Iterable[StartedProcess]:
        """The processes whose end ends all work on the stack."""
        return self.processes

    @property
    def guard_log(self) -> Path:
        """The file that names every attempt to leave this machine; absent if there was none.

        It says something of a stack that is :attr:`guarded` alone.
        """
        return self.directory / GUARD_LOG

    @functools.cached_property
    def airflow(self) -> AirflowApi:
        """A client of the stack's Airflow."""
        pauses = RETRY_SECONDS + (RESTART_SECONDS if self.supervised else ())
        airflow = AirflowApi(self.ui_url, USERNAME, self.password, retry_seconds=pauses)
        self._open_clients.callback(airflow.close)
        return airflow

    @functools.cached_property
    def aws(self) -> Account:
        """The embedded AWS' account."""
        account = Account(self.aws_url, REGION)
        self._open_clients.callback(account.close)
        return account

    def client(self, service: str) -> Any:
        """Return a boto3 client of the embedded AWS."""
        return self.aws.client(service)

    def start(self) -> None:
        """Make the stack ready to be worked with; each kind has its own way.

        :raises InputError: if it cannot be.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """End what :meth:`start` started; safe to call at any time, and twice."""
        self.close_clients()

    def close_clients(self) -> None:
        """Close all connections to the stack."""
        self._open_clients.close()

    def aws_answers(self) -> bool:
        """Return whether the embedded AWS is there."""
        from botocore.exceptions import BotoCoreError

        try:
            self.client("s3").list_buckets()
        except BotoCoreError:
            return False
        return True

    def dags_are_read(self) -> bool:
        """Return whether all DAGs are there.

        :raises RuntimeError: if Airflow cannot import one, with what it says.
        """
        if errors := self.airflow.import_errors():
            raise RuntimeError("Airflow cannot import the DAGs:\n" + "\n".join(errors))
        return self.airflow.dag_ids() >= self.dag_ids

    def seed(self, *command: str) -> str:
        """Run a command of the seeder and return what it prints.

        :raises RuntimeError: if it fails, with what it wrote.
        """
        done = subprocess.run(
            [str(JOBS_BIN / "python"), "-m", "infra.local.seed", *command],
            env=seeder_environment(self.jobs, self.aws_url),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        log = self.directory / "seed.log"
        with log.open("a") as output:
            output.write(done.stdout + done.stderr)
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
            raise RuntimeError(f"seeding ({' '.join(command)}) failed, see {log}:\n{tail}")
        return done.stdout

    def add_inbox(self, day_number: int, day: date) -> None:
        """Put one day's reader output into the inbox."""
        self.seed("inbox", "--day", str(day_number), "--date", day.isoformat())

    def next_day(self) -> int:
        """Return the day of the seed data that this stack has not had yet."""
        return int(self.seed("next-day"))

    def expected(self, day_number: int) -> dict[str, Any]:
        """Return what the cycle must make of that day's reader output."""
        document: dict[str, Any] = json.loads(self.seed("expected", "--day", str(day_number)))
        return document
