"""``make compose-check``: what it says where it cannot begin."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.compose import check
from infra.compose.make_env import make_environments, write_environments
from infra.compose.stand_ins import make as stand_ins


class NoEngine:
    """An engine that must not be asked for anything."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"the engine was asked to {name}")


def test_env_files_that_do_not_belong_together_are_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_environments(tmp_path, make_environments())
    (tmp_path / "jobs.env").unlink()
    monkeypatch.setattr(check, "FOLDER", tmp_path)
    monkeypatch.setattr(check, "docker", NoEngine)

    assert check.main(["--state", str(tmp_path / "state")]) == 2
    assert "but not jobs.env, whose passwords belong together" in capsys.readouterr().err


def test_the_base_images_are_those_of_dockerfiles_and_compose_file() -> None:
    postgres, python = check.base_images()
    assert postgres.startswith("docker.io/library/postgres:15-bookworm@sha256:")
    assert python.startswith("docker.io/library/python:3.11-slim-bookworm@sha256:")


def test_stand_ins_take_every_official_image_s_place() -> None:
    services = yaml.safe_load(check.COMPOSE_FILE.read_text())["services"]
    instead = yaml.safe_load(stand_ins.COMPOSE_FILE.read_text())["services"]
    built = {name for name, service in services.items() if "build" in service}

    assert instead.pop("postgres") == {"image": stand_ins.POSTGRES}
    assert set(services) - {"postgres"} == built == set(instead)
    assert all(
        service == {"build": {"args": {"PYTHON_IMAGE": stand_ins.PYTHON}}}
        for service in instead.values()
    )
