"""The local stack with MWAA's own code in place of plain Airflow.

The web server, the scheduler (with DAG processor and triggerer) and the worker are each one process
of MWAA's entry point, as each is one container on MWAA.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emmaa_cycle.resources import BUCKET
from infra.local.aws.runtime.environment import aws_environment
from infra.local.provisioning.operators import operators_topic
from infra.local.stack.database import DATABASES
from infra.local.stack.jobs_environment import REGION
from infra.local.stack.layout import ROOT_BIN
from infra.local.stack.ports import HOST, claim_port
from infra.local.stack.process_stack import EARLY_COMPONENTS, Stack
from infra.local.stack.processes import (
    StartedProcess,
    stack_variable,
    start_process,
    stop_processes,
    wait_until,
)
from infra.local.stack.signals import deferred_signals
from infra.local.stack.state_file import record_processes
from infra.mwaa.check import lay_out
from infra.mwaa.environment import MwaaEnvironment
from infra.mwaa.run.images import (
    LOG_GROUPS,
    PACKAGES,
    QUEUE,
    MwaaImage,
    airflow_options,
    log_group,
    service_environment,
)
from infra.shared.postgres import Cluster, find_programs
from infra.shared.toml_text import to_toml

#: Each component installs the requirements first, as on MWAA.
START_SECONDS = 900.0
#: Visibility timeouts in seconds: shorter than the quickest task, and that of MWAA's queue.
SHORT_VISIBILITY, MWAA_VISIBILITY = 2, 43_200
#: A secret that a component must find by Secrets Manager.
SECRET = "proof_of_mwaa_run"  # noqa: S105 - a name


@dataclass
class MwaaStack(Stack):
    """A stack whose Airflow is MWAA's.

    :param image: MWAA's code
    :param python: of MWAA's version
    :param scheduler: apart from the watched processes, because it is restarted
    """

    image: MwaaImage = field(kw_only=True)
    python: Path = field(kw_only=True)
    scheduler: StartedProcess | None = None
    # What the requirements need comes from the package index, so nothing guards Airflow's side.
    guarded: bool = False
    _password: str = ""

    def restart_scheduler(self) -> None:
        """End the scheduler's container, and start another one."""
        if self.scheduler is not None:
            stop_processes([self.scheduler], grace=self.grace)
        self.scheduler = self._start_component("scheduler")

    def set_visibility(self, seconds: int) -> None:
        """Let SQS deliver what is not deleted in this time once more."""
        self.client("sqs").set_queue_attributes(
            QueueUrl=self._queue_url, Attributes={"VisibilityTimeout": str(seconds)}
        )

    def airflow_command(self, *words: str) -> str:
        """Run a command of Airflow as a person does in MWAA's container; return what it prints."""
        done = subprocess.run(
            ["bash", "-c", 'source ~/.bash_profile && exec airflow "$@"', "-", *words],
            env=self.airflow_environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    @property
    def _queue_url(self) -> str:
        return self.airflow_environment["MWAA__SQS__QUEUE_URL"]

    def _set_up_airflow(self) -> None:
        home = lay_out(self._airflow_home, self.image.version, to_toml(_SETTINGS))
        environment = MwaaEnvironment(
            self.directory.parent / "environment", self.python, self.image.version
        )
        self.announce(f"installing what MWAA's image of Airflow {self.image.version} has")
        environment.install(home / "requirements.txt", more=PACKAGES)
        self.image.install(home)
        self._make_environment(home, environment.folder)
        self._make_account()
        self.announce("MWAA's entry point: migrate-db")
        log = self.directory / "migrate-db.log"
        argv = [*self._entrypoint, "migrate-db"]
        with log.open("wb") as output:
            code = subprocess.run(
                argv,
                env=self.airflow_environment,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if code:
            raise RuntimeError(f"MWAA's migrate-db ended with {code}; see {log}")

    def _start_databases(self) -> None:
        # Empty ones: MWAA's entry point migrates Airflow's, and the seeder EMMAA's.
        cluster = Cluster.make(find_programs(ROOT_BIN.parent), self.directory / "postgres")
        self._serve(cluster)
        self._password = cluster.password
        cluster.make_databases(self._facts.database_port, DATABASES)

    def _make_environment(self, home: Path, venv: Path) -> None:
        kept = [name for name in os.environ if name.startswith(("PIP_", "SSL_CERT_", "LANG", "TZ"))]
        self.airflow_environment = {
            **{name: os.environ[name] for name in kept},
            **self.image.environment(home, venv),
            **service_environment(
                home,
                aws_url=self.aws_url,
                ui_url=self.ui_url,
                database=(self._facts.database_port, self._password),
                region=REGION,
            ),
            **aws_environment(self.aws_url, REGION),
            **stack_variable(self.directory),
            # Airflow's processes change their titles, which would overwrite the mark of the stack.
            "SPT_NOENV": "1",
            "MWAA__CORE__CUSTOM_AIRFLOW_CONFIGS": json.dumps(
                {**airflow_options(), **self._machine_options()}
            ),
        }

    def _machine_options(self) -> dict[str, str]:
        """Return what one machine for all containers needs beyond the deployment's options."""
        free = [str(claim_port(0, "logs", "")) for _ in range(2)]
        return {
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.ui_port),
            "AIRFLOW__API__BASE_URL": self.ui_url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CELERY__OPERATION_TIMEOUT": "60",
            "AIRFLOW__CELERY__WORKER_AUTOSCALE": "4,4",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": free[0],
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": free[1],
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        }

    def _make_account(self) -> None:
        """Make what MWAA's service makes for an environment, and a secret to find."""
        self._wait(self.aws_answers, "the embedded AWS")
        self.client("sqs").create_queue(QueueName=QUEUE)
        self.set_visibility(SHORT_VISIBILITY)
        for name in sorted(set(LOG_GROUPS.values())):
            self.client("logs").create_log_group(logGroupName=log_group(name))
        self.client("secretsmanager").create_secret(
            Name=f"emmaa/airflow/connections/{SECRET}", SecretString="http://found.example"
        )

    @property
    def _entrypoint(self) -> list[str]:
        python = self.directory.parent / "environment" / "bin" / "python3"
        return [str(python), "-m", "mwaa.entrypoint"]

    def _start_airflow(
        self, components: Sequence[Sequence[str]], more: Mapping[str, str] | None = None
    ) -> None:
        self.airflow_environment |= more or {}
        if components is EARLY_COMPONENTS:
            self.processes.append(self._start_component("webserver"))
        else:
            self.processes.append(self._start_component("worker"))
            self.scheduler = self._start_component("scheduler")
        record_processes(self.directory, self.processes)

    def _start_component(self, name: str) -> StartedProcess:
        with deferred_signals():
            return start_process(
                name,
                [*self._entrypoint, name],
                environment=self.airflow_environment,
                directory=self._airflow_home,
                log=self.directory / f"{name}.log",
            )

    def _wait(self, check: Callable[[], object], what: str) -> None:
        wait_until(check, seconds=START_SECONDS, what=what, watched=self.processes)


#: As the deploy tool writes them; nothing starts by its schedule.
_SETTINGS = {
    "bucket": BUCKET,
    "schedule": {"update_pipeline": "never", "email_notifications": "never"},
    "deadline": {"cron": "never"},
    "operators": {"topic_arn": operators_topic(REGION)},
}
