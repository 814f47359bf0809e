"""Tests of docker-compose.yaml's promises; `make compose-check` runs the stack itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.compose.aws import REQUIRED
from infra.compose.make_env import make_environments

REPOSITORY = Path(__file__).resolve().parents[3]
TEXT = (REPOSITORY / "docker-compose.yaml").read_text()
DOCUMENT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
ONCE = {"airflow-init"}
LONG_RUNNING = sorted(SERVICES.keys() - ONCE)


def variables(service: str) -> set[str]:
    """All that a service's environment has, by name."""
    files = [Path(name).name for name in SERVICES[service].get("env_file", [])]
    secret = {name for file in files for name in make_environments()[file]}
    return secret | set(SERVICES[service].get("environment", {}))


def test_it_has_the_whole_stack() -> None:
    assert set(SERVICES) == {
        "postgres",
        "aws",
        "airflow-init",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
    }


def test_base_images_are_pinned_and_can_be_others() -> None:
    pinned = r"\$\{POSTGRES_IMAGE:-docker\.io/library/postgres:15-\w+@sha256:[0-9a-f]{64}\}"
    assert re.fullmatch(pinned, SERVICES["postgres"]["image"])
    for service in SERVICES.keys() - {"postgres"}:
        # `pinned` is the stage of the Dockerfiles that names the base by its digest.
        assert SERVICES[service]["build"]["args"] == {"PYTHON_IMAGE": "${PYTHON_IMAGE:-pinned}"}


def test_no_secret_is_in_the_file() -> None:
    named = re.findall(r"^\s*(\S*(?:PASSWORD|SECRET|TOKEN|FERNET|CONN)\S*):\s*(\S+)", TEXT, re.M)
    # The embedded AWS takes any credentials, and AWS' connection holds none.
    assert dict(named) == {"AWS_SECRET_ACCESS_KEY": "local", "AIRFLOW_CONN_AWS_DEFAULT": "aws://"}


def test_secrets_are_kept_out_of_the_repository() -> None:
    ignored = (REPOSITORY / "infra" / "compose" / ".gitignore").read_text().split()
    assert ignored == ["env/"]
    for definition in SERVICES.values():
        for file in definition.get("env_file", []):
            assert file.startswith("infra/compose/env/")


def test_each_service_gets_only_the_secrets_that_it_needs() -> None:
    assert "EMMAADBPRIMARY" not in variables("scheduler") | variables("api-server")
    assert "EMMAA_LOCAL_AIRFLOW_PASSWORD" not in variables("scheduler") | variables("triggerer")
    assert "POSTGRES_PASSWORD" not in set().union(
        *(variables(service) for service in SERVICES if service != "postgres")
    )
    assert not [name for name in variables("aws") if name.startswith("AIRFLOW")]
    assert set(REQUIRED) <= variables("aws")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_service_can_reach_the_container_engine(service: str) -> None:
    assert "docker.sock" not in str(SERVICES[service])
    assert not SERVICES[service].get("privileged")
    assert SERVICES[service].get("network_mode") != "host"
    assert "pid" not in SERVICES[service]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_has_limits_and_bounded_logs(service: str) -> None:
    assert re.fullmatch(r"\d+[mg]", SERVICES[service]["mem_limit"])
    assert float(SERVICES[service]["cpus"]) > 0
    assert SERVICES[service]["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_health_checks_run_in_a_shell(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] == "CMD-SHELL"
    assert {"interval", "timeout", "start_period", "retries"} <= check.keys()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_ports_are_of_this_machine_alone(service: str) -> None:
    # The embedded AWS has no access control.
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


def test_nothing_starts_before_what_it_needs() -> None:
    for service, definition in SERVICES.items():
        for name, needed in definition.get("depends_on", {}).items():
            condition = "service_completed_successfully" if name in ONCE else "service_healthy"
            assert needed["condition"] == condition, f"{service} on {name}"


def test_all_named_volumes_are_used() -> None:
    mounted = {
        volume.split(":")[0]
        for definition in SERVICES.values()
        for volume in definition.get("volumes", [])
    }
    assert {name for name in mounted if not name.startswith(".")} == set(DOCUMENT["volumes"])
    for name in mounted - set(DOCUMENT["volumes"]):
        assert (REPOSITORY / name).is_file()


def test_both_generations_of_compose_can_read_it() -> None:
    assert not {"version", "name", "include", "configs"} & DOCUMENT.keys()
    assert not [service for service, d in SERVICES.items() if "deploy" in d or "develop" in d]


def test_every_variable_has_a_default() -> None:
    # Both generations warn of one that is not set, and put nothing in its place.
    used = re.findall(r"(?<!\$)\$\{?\w+[^}\s]*\}?", TEXT)
    assert used
    assert [each for each in used if not re.fullmatch(r"\$\{\w+:-[^}]+\}", each)] == []
