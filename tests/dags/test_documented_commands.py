"""Airflow's commands in README and docs/ take the words that the pages give them."""

from __future__ import annotations

import pytest

from tests.documented_commands import Command, documented_commands

COMMANDS = [command for command in documented_commands() if command.program == "airflow"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.text[:60])
def test_airflow_takes_the_words(command: Command) -> None:
    from airflow.cli.cli_parser import get_parser

    [[_, *words]] = command.spellings()
    assert get_parser().parse_args(words).func is not None
