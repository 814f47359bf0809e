"""The whole stack on this machine: databases, embedded AWS, Airflow's components, seed data.

Started together, watched together, ended together. The state file names every process and each
carries its stack's mark, so that ``make down`` finds and ends a stack whose owner was killed. The
next start refuses while such a stack runs, and ends what is left of one that does not.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET, MWAA_ENVIRONMENT
from infra.local.aws.runtime.environment import aws_environment
from infra.local.provisioning.provision import enable_uploads, provision
from infra.local.stack.airflow_environment import USERNAME, airflow_environment, write_password
from infra.local.stack.components import Component, record_components
from infra.local.stack.database import (
    JOB_VARIABLES,
    airflow_variables,
    is_migrated,
    job_variables,
    migrate,
    new_cluster,
    stack_cluster,
)
from infra.local.stack.facts import Facts, read_facts
from infra.local.stack.jobs_environment import (
    PASSED_VARIABLES,
    PRELOADED,
    REGION,
    jobs_environment,
    network_guard_environment,
)
from infra.local.stack.kept_imports import keep_imports
from infra.local.stack.layout import JOBS_BIN, REPOSITORY, ROOT_BIN
from infra.local.stack.ports import HOST, claim_port
from infra.local.stack.processes import (
    GRACE_SECONDS,
    StartedProcess,
    stack_variable,
    stop_stack,
    unended,
    wait_until,
)
from infra.local.stack.running_stack import ReachedStack
from infra.local.stack.shell_environment import write_shell_environment
from infra.local.stack.signals import deferred_signals
from infra.local.stack.state_file import (
    forget_processes,
    record_processes,
    recorded_processes,
    running_processes,
)
from infra.local.stack.supervisor import ConditionsOfWork, start_supervisor
from infra.shared.function_package import build_function_package
from infra.shared.postgres import Cluster, free_port

#: Started while the history is seeded.
EARLY_COMPONENTS = (("api-server",), ("dag-processor",))
#: Started after it: what they find in the bucket from then on is news.
LATE_COMPONENTS = (("scheduler", "--skip-serve-logs"), ("triggerer", "--skip-serve-logs"))
START_SECONDS = 180.0
#: Marks a folder whose stack was ready once.
_COMPLETE = "complete"
BATCH_SLOTS = 2


@dataclass
class Stack(ReachedStack):
    """A stack of processes on this machine, in one state folder.

    Ports may be 0 for any.

    :param dags_folder: where Airflow reads its DAGs
    :param jobs_bin: comes first on the jobs' ``PATH``
    :param slots: Batch jobs that run at the same time
    :param fresh: whether the folder is emptied at start; else buckets, databases and runs of the
        last start are kept, if that was completed
    :param brief: whether it ends before anybody changes its DAGs or plugins, and so may keep what
        it has read of them
    :param seeded: whether the bucket gets the demo's history
    :param settings: variables that change the deployment's settings in Airflow
    :param job_settings: variables that change the deployment's settings in the jobs
    :param grace: seconds that its processes have to end
    """

    dags_folder: Path = REPOSITORY / "dags"
    jobs_bin: Path = JOBS_BIN
    slots: int = BATCH_SLOTS
    fresh: bool = True
    brief: bool = False
    seeded: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    job_settings: Mapping[str, str] = field(default_factory=dict)
    grace: float = GRACE_SECONDS
    guarded: bool = True
    components: list[Component] = field(default_factory=list)
    airflow_environment: dict[str, str] = field(default_factory=dict)
    database_variables: dict[str, str] = field(default_factory=dict)
    _facts: Facts = field(default_factory=lambda: Facts(0, 0))

    @property
    def is_kept(self) -> bool:
        """Return whether there is a state that the next start goes on with."""
        return not self.fresh and (self.directory / _COMPLETE).exists()

    def start(self) -> None:
        """Start everything, seed the history, and wait until Airflow is ready.

        :raises InputError: if a port is taken or the folder's stack still runs.
        :raises RuntimeError: if a part ends early or does not come up, with its log's tail.
        """
        self._prepare()
        self.announce("starting the databases, the embedded AWS and Airflow")
        self._start_databases()
        self._start_aws()
        self._set_up_airflow()
        self._start_airflow(EARLY_COMPONENTS)
        self._provision()
        if self.seeded and not self.is_kept:
            self.announce("seeding yesterday's round with the real jobs")
            self.seed("history")
        enable_uploads(self.aws_url)
        self.announce("waiting for Airflow")
        self._wait(self.airflow.answers, "Airflow's API server")
        self._facts = replace(self._facts, not_before=self._facts.not_before or _now())
        self._facts.write(self.directory)
        self._start_airflow(LATE_COMPONENTS, {"EMMAA_UPLOADS__NOT_BEFORE": self._facts.not_before})
        self._wait(self.airflow.healthy, "Airflow")
        self._wait(self.dags_are_read, "the DAGs")
        (self.directory / _COMPLETE).touch()
        write_shell_environment(self.directory, self.airflow_environment, self.jobs)
        if self.supervised:
            self._start_supervisor()

    @property
    def watched(self) -> Iterable[StartedProcess]:
        """The processes whose end ends all work, which one that is restarted does not."""
        return ConditionsOfWork(self.directory) if self.supervised else self.processes

    def stop(self) -> None:
        """End every process of the stack; safe to call at any time, and twice.

        :raises RuntimeError: naming what could not be ended; the state file still names it.
        """
        self.close_clients()
        if self.processes:  # else the state file is another stack's
            self._end(reversed(self.processes))
            self.processes.clear()
            forget_processes(self.directory)

    def _end(self, processes: Iterable[StartedProcess]) -> None:
        left = stop_stack(self.directory, processes, grace=self.grace)
        if left:
            raise RuntimeError(unended(self.directory, left))

    def _prepare(self) -> None:
        if running := running_processes(self.directory):
            names = ", ".join(process.name for process in running)
            raise InputError(
                f"a stack already runs from {self.directory} ({names}): end it with `make down`"
            )
        self._end(recorded_processes(self.directory))
        fix = "choose another, as in `make {} {}=NUMBER`, or end what listens there"
        target = "up" if self.directory.name == "up" else "demo"
        self.ui_port = claim_port(self.ui_port, "Airflow's UI", fix.format(target, "UI_PORT"))
        self.aws_port = claim_port(
            self.aws_port, "the embedded AWS", fix.format(target, "AWS_PORT")
        )
        if self.is_kept and not (self.directory / "postgres").exists():
            raise InputError(
                f"{self.directory} holds the state of a version without PostgreSQL, which cannot be"
                " kept: `make up FRESH=1` starts with a new one"
            )
        if not self.is_kept:
            shutil.rmtree(self.directory, ignore_errors=True)
        self._airflow_home.mkdir(parents=True, exist_ok=True)
        forget_processes(self.directory)
        earlier = read_facts(self.directory) or Facts(self.ui_port, self.aws_port)
        self._facts = replace(earlier, ui_port=self.ui_port, aws_port=self.aws_port)
        self._facts.write(self.directory)
        self.password = self._facts.password
        write_password(self._airflow_home, self.password)
        self.jobs = {
            **jobs_environment(self.directory, self._facts.mail_secret, self.ui_url),
            **self.job_settings,
        }

    @property
    def _airflow_home(self) -> Path:
        return self.directory / "airflow"

    def _start_databases(self) -> None:
        folder = self.directory / "postgres"
        if self.is_kept:
            cluster = stack_cluster(folder)
            cluster.forget_server()  # all processes of the last start have been ended
        else:
            cluster = new_cluster(folder, self.announce)
        self._serve(cluster)
        if not is_migrated(cluster):
            self.announce("bringing the databases to this version of the code")
            try:
                migrate(cluster, self._facts.database_port, self.directory / "migration")
            except RuntimeError as error:
                fix = "`make up FRESH=1` starts with new databases"
                raise RuntimeError(f"{error}\n{fix}") from error

    def _serve(self, cluster: Cluster) -> None:
        """Start the server, and tell jobs and Airflow where it is."""
        port = free_port()
        self._facts = replace(self._facts, database_port=port)
        self.jobs |= job_variables(cluster, port)
        self.database_variables = airflow_variables(cluster, port)
        command = cluster.server(port, durable=not self.fresh)
        self._start("postgres", command, {"PATH": os.environ.get("PATH", os.defpath)})
        self._wait(lambda: cluster.answers(port), "PostgreSQL")

    def _start_aws(self) -> None:
        options = {
            "--host": HOST,
            "--port": str(self.aws_port),
            "--jobs-directory": str(REPOSITORY),
            "--jobs-bin": str(self.jobs_bin),
            "--slots": str(self.slots),
            "--airflow-url": self.ui_url,
            "--mwaa-environment": MWAA_ENVIRONMENT,
            "--state-directory": str((self.directory / "aws-state").absolute()),
        }
        argv = [sys.executable, "-m", "infra.local.aws"]
        argv += [f"--pass-variable={name}" for name in PASSED_VARIABLES]
        if self.jobs_bin == JOBS_BIN:
            argv += ["--own-variables=EMMAA_", *(f"--preload={name}" for name in PRELOADED)]
        environment = {
            "PATH": f"{ROOT_BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": self.jobs["HOME"],
            **network_guard_environment(self.directory),
            **{name: self.jobs[name] for name in JOB_VARIABLES},
            "LOCAL_AIRFLOW_USERNAME": USERNAME,
            "LOCAL_AIRFLOW_PASSWORD": self.password,
        }
        self._start("aws", argv + [word for pair in options.items() for word in pair], environment)

    def _provision(self) -> None:
        self._wait(self.aws_answers, "the embedded AWS")
        provision(
            self.aws_url,
            job_environment={k: v for k, v in self.jobs.items() if k not in JOB_VARIABLES},
            function_zip=build_function_package(),
            function_environment={"MWAA_ENVIRONMENT": MWAA_ENVIRONMENT},
        )

    def _set_up_airflow(self) -> None:
        kept = keep_imports(self._airflow_home) if self.brief else {}
        self.airflow_environment = {
            **airflow_environment(self._airflow_home, self.ui_port, self.dags_folder),
            **self.database_variables,
            **aws_environment(self.aws_url, REGION),
            **network_guard_environment(self.directory),
            **stack_variable(self.directory),
            "EMMAA_BUCKET": BUCKET,
            **kept,
            **self.settings,
        }

    def _start_airflow(
        self, components: Sequence[Sequence[str]], more: Mapping[str, str] | None = None
    ) -> None:
        environment = {**self.airflow_environment, **(more or {})}
        for component in components:
            self._start(component[0], [str(ROOT_BIN / "airflow"), *component], environment)

    def _start(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        log = (self.directory / f"{name}.log").absolute()
        component = Component(name, argv, dict(environment), str(log))
        with deferred_signals():
            self.processes.append(component.start())
            record_processes(self.directory, self.processes)
        self.components.append(component)

    def _start_supervisor(self) -> None:
        record_components(self.directory, self.components)
        with deferred_signals():
            self.processes.append(start_supervisor(self.directory))
            record_processes(self.directory, self.processes)

    def _wait(self, check: Callable[[], object], what: str) -> None:
        wait_until(check, seconds=START_SECONDS, what=what, watched=self.processes)


def _now() -> str:
    return datetime.now(UTC).isoformat()
