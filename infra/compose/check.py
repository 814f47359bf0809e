"""Prove docker-compose.yaml on this machine's container engine (``make compose-check``).

Let Compose read the file, build the images, run the job image's smoke test, start the stack, run a
day of the demo on it, and restart the embedded AWS, whose bucket must not change. The project name,
ports and images are the check's own; in the end it removes everything but the images.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET
from infra.compose.make_env import (
    FOLDER,
    let_containers_read,
    make_environments,
    write_environments,
)
from infra.local.provisioning.account import Account
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.ports import HOST, claim_port

#: Podman's note on the Compose that it starts is no warning about the file.
ENVIRONMENT = {
    "COMPOSE_PROJECT_NAME": "emmaa-check",
    "EMMAA_AIRFLOW_IMAGE": "localhost/emmaa-check-airflow:latest",
    "EMMAA_LOCAL_AWS_IMAGE": "localhost/emmaa-check-aws:latest",
    "NO_COLOR": "1",
    "PODMAN_COMPOSE_WARNING_LOGS": "false",
}
UP = ("up", "--wait", "--wait-timeout", "900", "--no-build")
_VERSION = re.compile(r"docker compose version v?(\d+)\..*", re.IGNORECASE)
_WARNING = re.compile(r"level=warning|WARN")


@dataclass(frozen=True)
class Compose:
    """Docker Compose v2, started in the repository.

    :param command: its command, as the variable ``COMPOSE`` names it
    """

    command: list[str]
    environment: dict[str, str]

    def run(self, *words: str) -> None:
        """Run one of its commands and show the output.

        :raises RuntimeError: if the command fails.
        """
        argv = [*self.command, *words]
        code = subprocess.run(
            argv, cwd=REPOSITORY, env=self.environment, stdin=subprocess.DEVNULL, check=False
        ).returncode
        if code:
            raise RuntimeError(f"{shlex.join(argv)} ended with {code}")

    def check_config(self) -> None:
        """Let Compose read docker-compose.yaml.

        :raises RuntimeError: if Compose rejects the file or warns about it.
        """
        done = self._read("config", "--quiet")
        if done.returncode or _WARNING.search(done.stderr):
            raise RuntimeError(f"Compose does not accept docker-compose.yaml:\n{done.stderr}")

    def version(self) -> str:
        """Return the line in which Compose reports its version.

        :raises InputError: if the command does not start a Docker Compose v2 or newer.
        """
        try:
            found = _VERSION.search(self._read("version").stdout)
        except OSError:
            found = None
        if found is None or int(found[1]) < 2:
            raise InputError(
                f"`{shlex.join(self.command)}` is not Docker Compose v2: install it, or name its"
                ' command, for example COMPOSE="podman compose"'
            )
        return found[0].strip()

    def _read(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *words],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def check() -> str:
    """Prove the stack and return the version of Compose that ran it.

    :raises InputError: if the machine has no Compose v2.
    :raises FileExistsError: if only some of the env files exist.
    :raises RuntimeError: with the first thing that does not hold.
    """
    ui_port, aws_port = (str(claim_port(0, "the check", "")) for _ in range(2))
    ports = {"UI_PORT": ui_port, "AWS_PORT": aws_port}
    compose = Compose(compose_command(), {**os.environ, **ENVIRONMENT, **ports})
    version = compose.version()
    write_environments(FOLDER, make_environments())
    let_containers_read(FOLDER.parent)
    compose.check_config()
    with removed_at_the_end(compose):
        compose.run("build")
        compose.run("run", "--rm", "--no-TTY", "--no-deps", "aws", "python", "smoke.py")
        compose.run(*UP)
        run_demo(ui_port, aws_port)
        before = objects(aws_port)
        compose.run("restart", "aws")
        compose.run(*UP)
        check_unchanged(before, objects(aws_port))
    return version


def compose_command() -> list[str]:
    """Return the words of the variable ``COMPOSE``, or ``docker compose`` if it is empty.

    :raises InputError: if a shell could not read the variable.
    """
    named = os.environ.get("COMPOSE", "")
    try:
        return shlex.split(named) or ["docker", "compose"]
    except ValueError as error:
        raise InputError(f"COMPOSE={named}: {error}; quote it as for a shell") from error


@contextmanager
def removed_at_the_end(compose: Compose) -> Iterator[None]:
    """Remove the check's containers and volumes before and after; print their logs on a failure."""
    compose.run("down", "--volumes")
    try:
        yield
    except BaseException:
        compose.run("logs", "--tail", "40")
        raise
    finally:
        compose.run("down", "--volumes")


def run_demo(ui_port: str, aws_port: str) -> None:
    """Run the demo's own command and show its output.

    :raises RuntimeError: if the demo finds a fault.
    """
    argv = [sys.executable, "-m", "infra.local.demo", "--stack", "compose"]
    argv += ["--ui-port", ui_port, "--aws-port", aws_port]
    code = subprocess.run(argv, cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise RuntimeError(f"the demo on the stack ended with {code}")


def objects(aws_port: str) -> dict[str, str]:
    """Return the ETag of each object in the bucket."""
    with Account(f"http://{HOST}:{aws_port}", "us-east-1") as account:
        pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def check_unchanged(before: dict[str, str], after: dict[str, str]) -> None:
    """Compare the bucket with what it was.

    :raises RuntimeError: if an object is missing or has changed.
    """
    lost = sorted(key for key, etag in before.items() if after.get(key) != etag)
    if lost:
        raise RuntimeError(f"the restart of aws lost or changed {len(lost)} objects: {lost[:5]}")


def main() -> int:
    """Check and return the exit code: 1 if something does not hold, 2 if it cannot begin."""
    try:
        version = check()
    except (InputError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"docker-compose.yaml works, by {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
