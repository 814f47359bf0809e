"""``make compose-check``: what it says where it cannot begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.compose import check
from infra.compose.make_env import make_environments, write_environments


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
