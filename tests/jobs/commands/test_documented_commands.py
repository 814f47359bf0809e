"""The jobs' commands in README and docs/ take the words that the pages give them."""

from __future__ import annotations

import argparse
import re
import runpy
import sys
from typing import Any

import pytest

from tests.documented_commands import Command, documented_commands
from tests.jobs.repository import REPOSITORY

#: Commands of other programs than this repository's, with the reason.
NOT_HERE = {"indra.util.aws": "the launcher of the existing EMMAA image, which INDRA no longer has"}
#: A recipe makes the script.
_MADE = "docs/extending.md"
COMMANDS = [
    command
    for command in documented_commands()
    if command.page != _MADE
    and re.search(r"^\S*python (scripts/\w+\.py|-m (infra\.local\.seed|indra))", command.text)
]


class Parsed(Exception):
    """The words were taken."""


@pytest.fixture
def parse_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command end once its words are parsed."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_end(parser: argparse.ArgumentParser, *words: Any) -> Any:
        parse(parser, *words)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_end)


@pytest.mark.usefixtures("parse_alone")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.text[:60])
def test_the_words_are_taken(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, *words in command.spellings():
        if words[0] == "-m":
            module, arguments = words[1], words[2:]
            if module in NOT_HERE:
                continue
        else:
            module, arguments = words[0].removesuffix(".py").replace("/", "."), words[1:]
            assert (REPOSITORY / words[0]).is_file()
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        with pytest.raises(Parsed):
            _run(module)


def _run(module: str) -> None:
    """Run a command as far as its words."""
    if not module.startswith("scripts."):
        runpy.run_module(module, run_name="__main__")
        return
    import importlib

    importlib.import_module(module).main()
