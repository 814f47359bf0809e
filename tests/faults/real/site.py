"""A real Airflow and the embedded AWS, whose processes can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.local.stack.layout import REPOSITORY
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import StartedProcess, wait_until
from tests.faults.real.gate import BatchGate

DAG_FILES = ("emmaa_mm_update.py", "emmaa_upload_watch.py")
OWN_DAG = "faults_job"
DAG_IDS = frozenset({"emmaa_mm_update", "emmaa_upload_watch", OWN_DAG})
#: For what a condition is waited at most; nothing waits so long that does not fail.
LIMIT_SECONDS = 240.0
SLOTS = 16
#: Seconds until Airflow misses its processes; its defaults make each case last for minutes.
#: A process that is only slow does no harm: the next attempt adopts its job.
_AIRFLOW = {
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "8",
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "2",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "8",
}
_EMMAA = {
    # Function and watch see each upload at the same time.
    "EMMAA_UPLOADS__GRACE_SECONDS": "0",
    "EMMAA_UPLOADS__POLL_SECONDS": "2",
}
#: The jobs' ``python``: it runs until the test says with which code it ends.
_PROGRAM = """#!/bin/sh
until [ -e "{ends}/$AWS_BATCH_JOB_ID" ]; do sleep 0.2; done
exit "$(cat "{ends}/$AWS_BATCH_JOB_ID")"
"""


@dataclass
class Site(Stack):
    """The stack; Airflow reaches Batch through a gate.

    :param ends: the folder of the files that let jobs end
    """

    ends: Path = Path()
    _gate: BatchGate | None = None
    _starts: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)

    @classmethod
    def under(cls, folder: Path) -> Site:
        """Return a site whose files are all in one folder, not yet started."""
        ends, dags = folder / "ends", folder / "dags"
        ends.mkdir()
        shutil.copytree(Path(__file__).parent / "dags", dags)
        for name in DAG_FILES:
            shutil.copy(REPOSITORY / "dags" / name, dags)
        return cls(
            folder / "stack",
            ui_port=0,
            aws_port=0,
            dags_folder=dags,
            dag_ids=DAG_IDS,
            jobs_bin=_programs(folder / "bin", ends),
            slots=SLOTS,
            seeded=False,
            grace=3.0,
            ends=ends,
        )

    @property
    def gate(self) -> BatchGate:
        """The gate for Airflow's calls to Batch; None until the site has started."""
        assert self._gate is not None
        return self._gate

    def stop(self) -> None:
        """End everything."""
        if self._gate is not None:
            self._gate.close()
            self._gate = None
        super().stop()

    def wait_for(self, check: Callable[[], object], what: str) -> None:
        """Wait until something is so.

        :raises RuntimeError: if it never is, or a process of the site ends meanwhile.
        """
        wait_until(check, seconds=LIMIT_SECONDS, what=what, watched=self.processes)

    def kill(self, name: str) -> None:
        """End one of Airflow's components and all of its processes at once, as a lost machine."""
        process = self._process(name)
        signal_all(_session(process), signal.SIGKILL)
        self._forget(process)

    def terminate(self, name: str) -> StartedProcess:
        """Ask one of Airflow's components to end, as a service manager does."""
        process = self._process(name)
        os.kill(process.pid, signal.SIGTERM)
        return process

    def await_end(self, process: StartedProcess) -> None:
        """Wait until a component that was asked to end has; then end what it has left behind."""
        wait_until(
            lambda: not process.alive(),
            seconds=LIMIT_SECONDS,
            what=f"the end of the {process.name}",
            watched=[other for other in self.processes if other is not process],
        )
        signal_all(_session(process), signal.SIGKILL)
        self._forget(process)

    def revive(self, name: str) -> None:
        """Start a component again, as it was started."""
        argv, environment = self._starts[name]
        self._start(name, argv, environment)

    def task_processes(self, task_instance_id: str) -> list[psutil.Process]:
        """Return the worker that runs a try of a task, then the process of the try itself."""
        scheduler = psutil.Process(self._process("scheduler").pid)
        found = [p for p in scheduler.children(recursive=True) if task_instance_id in _title(p)]
        return sorted(found, key=lambda process: process.create_time())

    def await_forwarded(self, pid: int) -> None:
        """Wait until a worker that was asked to end has signalled its task's process."""
        log = Path(self._process("scheduler").log)

        def signalled() -> bool:
            lines = log.read_text(errors="replace").splitlines()
            return any("forwarding to task subprocess" in x and f"pid={pid}" in x for x in lines)

        self.wait_for(signalled, f"the worker's signal to process {pid}")

    def _process(self, name: str) -> StartedProcess:
        return next(process for process in self.processes if process.name == name)

    def _forget(self, process: StartedProcess) -> None:
        wait_until(
            lambda: not process.alive(), seconds=LIMIT_SECONDS, what=process.name, watched=[]
        )
        self.processes.remove(process)

    def _start_aws(self) -> None:
        super()._start_aws()
        self._gate = BatchGate(self.aws_url)

    def _start_airflow(
        self, components: Sequence[Sequence[str]], more: Mapping[str, str] | None = None
    ) -> None:
        own = {f"AIRFLOW__{name}": value for name, value in _AIRFLOW.items()}
        own |= {**_EMMAA, "AWS_ENDPOINT_URL_BATCH": self.gate.url}
        super()._start_airflow(components, {**own, **(more or {})})

    def _start(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        self._starts[name] = (argv, environment)
        super()._start(name, argv, environment)


def signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Signal processes, of which some may have ended meanwhile."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _session(started: StartedProcess) -> list[psutil.Process]:
    """Return the remaining processes of a component's session, its leader first."""
    members = [p for p in psutil.process_iter() if _session_of(p) == started.pid]
    return sorted(members, key=lambda process: process.pid != started.pid)


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _programs(folder: Path, ends: Path) -> Path:
    folder.mkdir()
    program = folder / "python"
    program.write_text(_PROGRAM.format(ends=ends))
    program.chmod(0o755)
    return folder
