"""The front end of ``make up``: what it prints, and its exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from emmaa_cycle.settings import load_settings
from infra.local import up
from tests.unit.local.front_ends import FakeStack, console

__all__ = ["console"]


def test_up_prints_the_login_and_leaves_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    made: list[FakeStack] = []

    def make(directory: Path, ui_port: int, aws_port: int, **options: Any) -> FakeStack:
        assert options["supervised"]
        folder = tmp_path / "a clone"
        made.append(FakeStack(folder, ui_port, aws_port, options["announce"]))
        return made[0]

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(["--ui-port", "81"]) == 0
    assert made[0].calls == ["start", "inbox 1"]
    text = console.export_text()
    assert f"`source '{tmp_path}/a clone/env.sh'` makes" in text.replace("\n", " ")
    assert "Airflow: http://127.0.0.1:81, login admin / s[e]cret" in text
    assert "`make down` ends the stack" in text


@pytest.mark.parametrize("argv", [[], ["--fresh"]])
def test_up_goes_on_with_the_last_starts_state_unless_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console, argv: list[str]
) -> None:
    made: list[FakeStack] = []

    def make(directory: Path, ui_port: int, aws_port: int, **options: Any) -> FakeStack:
        made.append(FakeStack(tmp_path, ui_port, aws_port, is_kept=not options["fresh"]))
        return made[0]

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(argv) == 0
    assert made[0].calls == (["start", "inbox 1"] if argv else ["start"])
    assert ("FRESH=1 starts with none" in console.export_text()) != bool(argv)


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a settings file that is not written yet."""
    monkeypatch.setenv("EMMAA_SETTINGS_FILE", "")
    monkeypatch.setenv("EMMAA_BUCKET", "emmaa")
    load_settings.cache_clear()
    yield tmp_path / "my settings.toml"
    load_settings.cache_clear()


def test_up_takes_a_settings_file_for_airflow_and_jobs(
    tmp_path: Path, settings_file: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    settings_file.write_text("[deadline]\ncron = 'never'\n")
    options: dict[str, Any] = {}

    def make(*ports: Any, **named: Any) -> FakeStack:
        options.update(named)
        return FakeStack(tmp_path)

    monkeypatch.setattr(up, "Stack", make)
    assert up.main(["--settings", str(settings_file)]) == 0
    wanted = {"EMMAA_SETTINGS_FILE": str(settings_file)}
    assert options["settings"] == options["job_settings"] == wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a file"),
        ("[schedule", "not TOML"),
        ("[schedule]\nnonsense = 1", "nonsense"),
        ("aws_region = 'eu-west-1'", "aws_region is eu-west-1: the local stack is in us-east-1"),
    ],
)
def test_bad_settings_are_said_before_anything_starts(
    tmp_path: Path,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    console: Console,
    content: str | None,
    message: str,
) -> None:
    if content is not None:
        settings_file.write_text(content)
    stack = FakeStack(tmp_path)
    monkeypatch.setattr(up, "Stack", lambda *ports, **options: stack)
    assert up.main(["--settings", str(settings_file)]) == 2
    assert "start" not in stack.calls
    assert message in console.export_text()


def test_up_that_fails_ends_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    stack = FakeStack(tmp_path)

    def start() -> None:
        raise RuntimeError("the scheduler ended [Errno 28]")

    monkeypatch.setattr(stack, "start", start)
    monkeypatch.setattr(up, "Stack", lambda *ports, **options: stack)
    assert up.main([]) == 1
    assert stack.calls == ["stop"]
    assert "the scheduler ended [Errno 28]" in console.export_text()
