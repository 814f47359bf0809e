"""The simulators' processes end with the job, however it ends, and keep to their memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from indra.statements import IncreaseAmount

from emmaa_cycle.model_config import Simulation
from emmaa_jobs import child_program
from emmaa_jobs.child_program import memory_limit, owned_command
from emmaa_jobs.rule_models import kappa
from emmaa_jobs.simulation import SimulationError, make_simulator, network
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.queries.simulated_biology import active_chain_without_end, observed
from tests.jobs.repository import REPOSITORY

#: Far more than any of this takes.
PATIENCE = 120.0
BY_KAPPA = {"use_kappa": True, "time_limit": 1e12}


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that have not ended; init may not have reaped those that have."""
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def programs_of(job: subprocess.Popen[bytes], names: set[str]) -> list[psutil.Process]:
    """Wait until the job has started all of these programs."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and job.poll() is None:
        found: list[psutil.Process] = psutil.Process(job.pid).children(recursive=True)
        if names <= {process.name() for process in running(found)}:
            return found
        time.sleep(0.05)
    pytest.fail(f"the job did not start {names}")


@pytest.mark.parametrize("fatal", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    ("simulation", "names"), [(BY_KAPPA, {*kappa.PROGRAMS}), ({}, {"perl"})], ids=["kappa", "bng"]
)
def test_no_process_survives_the_job(
    simulation: dict[str, object], names: set[str], fatal: signal.Signals, postgres: PostgresServer
) -> None:
    url = postgres.unmade_database().render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.jobs.queries.simulating_process"]
    job = subprocess.Popen(
        [*command, json.dumps(simulation), url],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        programs = programs_of(job, names)
        job.send_signal(fatal)
        assert job.wait(PATIENCE) == -fatal
        deadline = time.monotonic() + PATIENCE
        while running(programs) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert running(programs) == []
    finally:
        job.kill()
        job.wait()


def test_a_program_whose_parent_is_gone_already_does_not_start(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    done = subprocess.run(owned_command(["touch", str(mark)], "1", memory_limit()))
    assert done.returncode != 0
    assert not mark.exists()
    done = subprocess.run(owned_command(["touch", str(mark)], str(os.getpid()), memory_limit()))
    assert done.returncode == 0
    assert mark.exists()


def test_memory_is_half_of_the_containers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(child_program, "_CONTAINER_LIMITS", (limit, tmp_path / "none"))
    machine = memory_limit()
    limit.write_text("max\n")
    assert memory_limit() == machine
    limit.write_text("1048576\n")
    assert memory_limit() == 524_288
    assert abs(machine - psutil.virtual_memory().total / 2) < 1e6


@pytest.mark.parametrize("megabytes", [60, 16])  # too little for many molecules, or to start
def test_kappa_that_needs_too_much_memory_is_given_up(
    megabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kappa, "memory_limit", lambda: megabytes << 20)
    more = [with_evidence(IncreaseAmount(agent("ELK1"), agent("EGR1")))]
    settings = Simulation(use_kappa=True, time_limit=1e6, num_times=10)
    with pytest.raises(SimulationError, match=rf"Kappa needs more than {megabytes} MB: .*time_lim"):
        make_simulator(observed(more, [agent("EGR1")]), settings).run(0, {})


def test_bionetgen_that_needs_too_much_memory_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "BNG2.pl").write_text('my @all; while (1) { push @all, "x" x 1000000; }')
    monkeypatch.setenv("BNGPATH", str(tmp_path))
    monkeypatch.setattr(network, "memory_limit", lambda: 200 << 20)
    with pytest.raises(SimulationError, match=r"BioNetGen needs more than 200 MB.*use_kappa"):
        make_simulator(observed(active_chain_without_end(), [agent("EGFR")]), Simulation())
