"""The demo's command on a stack of docker-compose.yaml that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from emmaa_cycle.errors import InputError
from infra.compose.make_env import make_environments, write_environments
from infra.local.command import run_with
from infra.local.stack import compose_stack
from infra.local.stack.compose_stack import ComposeStack
from infra.local.stack.ports import claim_port


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ComposeStack:
    monkeypatch.setattr(compose_stack, "FOLDER", tmp_path / "env")
    port = claim_port(0, "nothing", "")
    return ComposeStack(tmp_path / "state", ui_port=port, aws_port=port)


def test_without_a_login_the_way_out_is_named(stack: ComposeStack) -> None:
    with pytest.raises(InputError, match="holds no login of a stack: start it by `make compose-e"):
        stack.start()


def test_without_an_airflow_the_way_out_is_named(stack: ComposeStack, tmp_path: Path) -> None:
    write_environments(tmp_path / "env", make_environments())
    console = Console(record=True, width=300)

    def work() -> int:
        stack.start()
        return 0

    assert run_with(stack, console, work) == 2
    text = console.export_text()
    assert f"no Airflow answers at http://127.0.0.1:{stack.ui_port}" in text
    assert "docker compose up --wait" in text
