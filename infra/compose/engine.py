"""The container engine that the check uses: Docker where there is one, else podman as root."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.compose.compose_command import compose_version, find_compose
from infra.local.layout import REPOSITORY
from infra.local.processes import StartedProcess, start_process, wait_until

START_SECONDS = 30.0
_HEALTH_SECONDS = 2.0
_PODMAN_PACKAGES = "podman runc docker-compose catatonit netavark aardvark-dns"


@dataclass
class Engine:
    """Builds images and runs Compose projects.

    :param command: the engine's command with its own options
    :param compose_command: Compose's
    :param environment: what both run with, besides this process' environment
    :param needs_health_runs: whether health checks run only when they are asked to, as podman's
        do where there is no systemd
    """

    command: list[str]
    compose_command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    needs_health_runs: bool = False

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the engine, its output kept.

        :raises RuntimeError: if it fails and ``check`` is set, with what it wrote.
        """
        return self._run([*self.command, *words], check=check)

    def compose(self, *words: str) -> None:
        """Run a command of Compose in the repository, its output shown.

        :raises RuntimeError: if it fails.
        """
        argv = [*self.compose_command, *words]
        code = subprocess.run(
            argv, cwd=REPOSITORY, env=self._environment(), stdin=subprocess.DEVNULL, check=False
        ).returncode
        if code:
            raise RuntimeError(f"{' '.join(argv)} ended with {code}")

    def check_config(self) -> None:
        """Let Compose read docker-compose.yaml.

        :raises RuntimeError: if it refuses the file, or warns of anything in it.
        """
        done = self._run([*self.compose_command, "config", "--quiet"], check=True)
        if done.stderr.strip():
            raise RuntimeError(f"Compose warns of docker-compose.yaml:\n{done.stderr}")

    @property
    def compose_version(self) -> str:
        """Compose's version.

        :raises RuntimeError: if it does not report it.
        """
        version = compose_version(self.compose_command)
        if version is None:
            raise RuntimeError(f"{' '.join(self.compose_command)} does not tell its version")
        return version

    @property
    def is_compose_v2(self) -> bool:
        """Return whether ``up --wait`` exists."""
        return not self.compose_version.startswith("1.")

    def has_image(self, name: str) -> bool:
        """Return whether the engine has an image, or a registry gave it one now."""
        if self.run("image", "inspect", name, check=False).returncode == 0:
            return True
        return self.run("pull", "--quiet", name, check=False).returncode == 0

    def build(self, dockerfile: Path, tag: str, *options: str, context: Path = REPOSITORY) -> None:
        """Build an image, its output shown.

        :raises RuntimeError: if it fails.
        """
        # The other format, podman's default, has no health checks.
        kind = ["--format", "docker"] if self.command[0] == "podman" else []
        argv = [*self.command, "build", *kind, "--file", str(dockerfile), "--tag", tag, *options]
        code = subprocess.run(
            [*argv, str(context)], env=self._environment(), stdin=subprocess.DEVNULL, check=False
        ).returncode
        if code:
            raise RuntimeError(f"building {tag} ended with {code}")

    def containers(self, project: str) -> dict[str, str]:
        """The health of a project's running containers that have a check, by name."""
        label = f"label=com.docker.compose.project={project}"
        ids = self.run("ps", "--quiet", "--filter", label).stdout.split()
        health = {}
        for each in ids:
            shown = self.run(
                "inspect", "--format", "{{.Name}} {{.State.Health.Status}}", each, check=False
            )
            name, _, status = shown.stdout.strip().partition(" ")
            if shown.returncode == 0 and status:
                health[name.lstrip("/")] = status
        return health

    def _run(self, argv: Sequence[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            argv,
            cwd=REPOSITORY,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr}")
        return done

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


class HealthRuns:
    """Runs a project's health checks again and again, in a thread, until it is closed."""

    def __init__(self, engine: Engine, project: str) -> None:
        self._engine, self._project = engine, project
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="health checks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        label = f"label=com.docker.compose.project={self._project}"
        while not self._end.wait(_HEALTH_SECONDS):
            ids = self._engine.run("ps", "--quiet", "--filter", label, check=False).stdout.split()
            for each in ids:
                self._engine.run("healthcheck", "run", each, check=False)


class Podman:
    """A podman of the check's own: its storage, its configuration, its service for Compose.

    :param folder: holds all of it; its images make the next check quicker
    :raises InputError: if podman or Compose is missing, or COMPOSE names something else.
    :raises RuntimeError: if its service does not start, with the log's tail.
    """

    def __init__(self, folder: Path) -> None:
        compose = find_compose()
        there = {"podman": shutil.which("podman"), "docker-compose": compose}
        missing = [name for name, found in there.items() if found is None]
        if compose is None or missing:
            raise InputError(
                f"neither Docker answers nor is there {' and '.join(missing)}: start Docker, or"
                f" install {_PODMAN_PACKAGES}"
            )
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        self._socket = folder / "podman.sock"
        configuration = folder / "containers.conf"
        configuration.write_text(_containers_configuration())
        storage = ["--root", str(folder / "store"), "--runroot", str(folder / "run")]
        self.engine = Engine(
            ["podman", *storage],
            compose,
            {
                "CONTAINERS_CONF": str(configuration),
                "DOCKER_HOST": f"unix://{self._socket}",
                # Podman has no BuildKit, and Compose v1's builder is to ask podman, not a Docker.
                "DOCKER_BUILDKIT": "0",
                "COMPOSE_DOCKER_CLI_BUILD": "0",
            },
            needs_health_runs=True,
        )
        self._service = self._start_service(folder / "service.log")
        try:
            wait_until(
                self._socket.exists, seconds=START_SECONDS, what="podman", watched=[self._service]
            )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the service."""
        if self._service.handle is not None:
            self._service.handle.terminate()
            self._service.handle.wait()
        self._socket.unlink(missing_ok=True)

    def _start_service(self, log: Path) -> StartedProcess:
        for left in (self._socket, log):
            left.unlink(missing_ok=True)
        return start_process(
            "podman's service",
            [*self.engine.command, "system", "service", "--time=0", f"unix://{self._socket}"],
            environment={**os.environ, **self.engine.environment},
            directory=REPOSITORY,
            log=log,
        )


def docker() -> Engine | None:
    """The machine's Docker, None if none answers or it has no Compose.

    :raises InputError: if COMPOSE names something else.
    """
    if shutil.which("docker") is None:
        return None
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return None
    compose = find_compose()
    # Without BuildKit, a Docker before 23 pulls the pinned base also where another one is named.
    builder = {"DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
    return None if compose is None else Engine(["docker"], compose, builder)


def wait_healthy(engine: Engine, project: str, names: Sequence[str], seconds: float) -> None:
    """Wait until a project's services are all healthy.

    :param names: of the services
    :raises RuntimeError: if they are not in time, with the state of each.
    """
    deadline = time.monotonic() + seconds
    while True:
        health = engine.containers(project)
        found = {
            name: status
            for name in names
            for container, status in health.items()
            if container.replace("_", "-").startswith(f"{project}-{name}-")
        }
        if all(found.get(name) == "healthy" for name in names):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"not healthy after {seconds:.0f} s: {found}")
        time.sleep(_HEALTH_SECONDS)


def _containers_configuration() -> str:
    # A container's limits must not exceed this process' own, which some machines hold low.
    limits = ", ".join(
        f'"{name}={limit}:{limit}"'
        for name, kind in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
        for limit in [_hard_limit(kind)]
    )
    # crun, podman's first choice, cannot work in every virtual machine in which runc does.
    runtime = 'runtime="runc"\n' if shutil.which("runc") else ""
    return (
        f"[containers]\ndefault_ulimits=[{limits}]\n"
        f'[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\n{runtime}'
    )


def _hard_limit(kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return 16384 if hard == resource.RLIM_INFINITY else min(hard, 16384)
