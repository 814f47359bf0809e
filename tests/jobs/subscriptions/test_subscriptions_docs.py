"""The commands and sentences of docs/subscriptions.md."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import shlex

import pytest

from emmaa_jobs.queries.entities import Entities
from emmaa_jobs.queries.sentences import query_from_sentence
from tests.jobs.repository import REPOSITORY

TEXT = (REPOSITORY / "docs" / "subscriptions.md").read_text(encoding="utf-8")
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("python scripts/")]
ROWS = re.findall(r"^\| (?P<sentence>[^|]+) \| \[?`(?P<type>\w+)`.*\|$", TEXT, re.MULTILINE)


def command_parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = importlib.import_module(
        "scripts.subscriptions"
    ).command_parser()
    return parser


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_parsed(command: str) -> None:
    command_parser().parse_args(shlex.split(command)[2:])


def test_the_batch_jobs_command_can_be_parsed() -> None:
    [overrides] = re.findall(r"--container-overrides \\\n    '(\{.*?\})'", TEXT, re.DOTALL)
    [python, script, *arguments] = json.loads(overrides)["command"]
    assert (python, script) == ("python", "scripts/subscriptions.py")
    command_parser().parse_args(arguments)


def test_the_sentences_are_of_the_types_that_the_table_says() -> None:
    entities = Entities([], "any", only_known=False)
    found = {
        sentence: query_from_sentence(sentence, entities.agent, entities.is_name).qtype
        for sentence, _ in ROWS
    }
    assert len(ROWS) == 8
    assert found == dict(ROWS)
