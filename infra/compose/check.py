"""``make compose-check``: docker-compose.yaml proved on a real container engine.

Lets Compose read the file, builds the images, checks that the job image can run jobs, brings the
stack up, runs a day of the demo on it, restarts the embedded AWS and finds its bucket as it was.
Ends with everything removed but the images. Docker is used where it answers, else podman as root;
the Compose is the one that COMPOSE names, else the machine's; where no registry gives the base
images, stand-ins take their place. The last line says which it was.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET
from infra.compose.engine import Engine, HealthRuns, Podman, docker, wait_healthy
from infra.compose.make_env import (
    FOLDER,
    let_containers_read,
    make_environments,
    write_environments,
)
from infra.compose.stand_ins import make as stand_ins
from infra.local.aws.provisioning.account import Account
from infra.local.layout import REPOSITORY, STATE
from infra.local.ports import HOST, claim_port

PROJECT = "emmaa-check"
SERVICES = ("postgres", "aws", "api-server", "scheduler", "dag-processor", "triggerer")
IMAGES = REPOSITORY / "infra" / "images"
COMPOSE_FILE = REPOSITORY / "docker-compose.yaml"
JOBS_IMAGE, AWS_IMAGE, AIRFLOW_IMAGE = (
    f"localhost/emmaa-check-{name}:latest" for name in ("jobs", "aws", "airflow")
)
HEALTHY_SECONDS = 900.0


def check(engine: Engine, say: Callable[[str], None]) -> None:
    """Prove the stack.

    :raises RuntimeError: with the first thing that does not hold.
    :raises FileExistsError: if some of the env files are there and some are not.
    """
    write_environments(FOLDER, make_environments())
    let_containers_read(FOLDER.parent)
    engine.check_config()
    stood_in = not all(engine.has_image(name) for name in base_images())
    if stood_in:
        stand_ins.make_stand_ins(engine)
        engine.environment["COMPOSE_FILE"] = f"{COMPOSE_FILE}{os.pathsep}{stand_ins.COMPOSE_FILE}"
    build_images(engine, *(["--build-arg", f"PYTHON_IMAGE={stand_ins.PYTHON}"] if stood_in else []))
    say(engine.run("run", "--rm", JOBS_IMAGE).stdout.strip())
    with running_stack(engine) as (ui_port, aws_port):
        say(f"the stack is up and healthy: http://{HOST}:{ui_port}")
        run_demo(ui_port, aws_port)
        check_restart(engine, aws_port)
        say("the embedded AWS was restarted and has its bucket as it was")
    bases = "on stand-ins for python and postgres" if stood_in else "on the official base images"
    compose = f"Compose {engine.compose_version}"
    say(f"docker-compose.yaml works, by {compose} on {engine.command[0]}, {bases}")


def base_images() -> list[str]:
    """Return the official images that Dockerfiles and docker-compose.yaml name by digest."""
    files = [*sorted(IMAGES.glob("*.Dockerfile")), COMPOSE_FILE]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return sorted(
        {name for text in texts for name in re.findall(r"docker\.io/\S+@sha256:\w+", text)}
    )


def build_images(engine: Engine, *options: str) -> None:
    """Build the job image as for production, and the stack's two as Compose does."""
    engine.build(IMAGES / "jobs.Dockerfile", JOBS_IMAGE, "--target", "jobs", *options)
    engine.environment |= {
        "EMMAA_AIRFLOW_IMAGE": AIRFLOW_IMAGE,
        "EMMAA_LOCAL_AWS_IMAGE": AWS_IMAGE,
    }
    engine.compose("build")


@contextmanager
def running_stack(engine: Engine) -> Iterator[tuple[int, int]]:
    """The healthy stack of a separate project, of the built images; removed at the end.

    :returns: the ports of Airflow and of the embedded AWS
    """
    ui_port, aws_port = (claim_port(0, "the check", "") for _ in range(2))
    engine.environment |= {
        "COMPOSE_PROJECT_NAME": PROJECT,
        "UI_PORT": str(ui_port),
        "AWS_PORT": str(aws_port),
    }
    engine.compose("down", "--volumes")
    health = HealthRuns(engine, PROJECT) if engine.needs_health_runs else None
    try:
        engine.compose("up", *(["--wait"] if engine.is_compose_v2 else ["-d"]), "--no-build")
        wait_healthy(engine, PROJECT, SERVICES, HEALTHY_SECONDS)
        yield ui_port, aws_port
    except BaseException:
        engine.compose("logs", "--tail", "40")
        raise
    finally:
        if health is not None:
            health.close()
        engine.compose("down", "--volumes")


def run_demo(ui_port: int, aws_port: int) -> None:
    """Run the demo's own command, its output shown.

    :raises RuntimeError: if it finds a fault.
    """
    argv = [sys.executable, "-m", "infra.local.demo", "--stack", "compose"]
    argv += ["--ui-port", str(ui_port), "--aws-port", str(aws_port)]
    code = subprocess.run(argv, cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise RuntimeError(f"the demo on the stack ended with {code}")


def check_restart(engine: Engine, aws_port: int) -> None:
    """Restart the embedded AWS.

    :raises RuntimeError: if its bucket is another one afterwards.
    """
    before = _objects(aws_port)
    engine.compose("restart", "aws")
    wait_healthy(engine, PROJECT, SERVICES, HEALTHY_SECONDS)
    after = _objects(aws_port)
    if lost := {key for key in before if after.get(key) != before[key]}:
        raise RuntimeError(f"{len(lost)} objects are other ones, or gone: {sorted(lost)[:5]}")


def _objects(aws_port: int) -> dict[str, str]:
    with Account(f"http://{HOST}:{aws_port}", "us-east-1") as account:
        pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def main(argv: Sequence[str] | None = None) -> int:
    """Check and return the exit code: 1 if something does not hold, 2 if it cannot begin.

    It cannot without an engine or a Compose, or where some of the env files are missing.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.compose.check", description=__doc__)
    parser.add_argument(
        "--state", type=Path, default=STATE / "compose-check", help="podman's storage (%(default)s)"
    )
    state: Path = parser.parse_args(argv).state
    os.environ.setdefault("NO_COLOR", "1")
    podman = None
    try:
        engine = docker()
        if engine is None:
            podman = Podman(state)
            engine = podman.engine
        check(engine, lambda text: print(text, flush=True))
    except (InputError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if podman is not None:
            podman.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
