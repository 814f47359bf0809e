"""``--help`` of every script: what a newcomer needs to run it."""

from __future__ import annotations

import argparse
import importlib
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNDELIVERED, MEANINGS
from tests.jobs.repository import REPOSITORY, SCRIPTS

#: These prepare something that has no rounds.
WITHOUT_ROUNDS = {
    "check_bucket", "import_legacy", "prepare_resources", "subscriptions",
    "upgrade_database", "write_overview",
}  # fmt: skip

Main = Callable[[Sequence[str]], str]


class Parsed(Exception):
    """The arguments that a script parsed."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


@pytest.fixture(params=SCRIPTS)
def script(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def parser(script: str, monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser:
    """Return the script's own parser, caught when it is about to parse."""

    def catch(parser: argparse.ArgumentParser, *_args: Any) -> None:
        raise Parsed(parser)

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", catch)
        with pytest.raises(Parsed) as parsed:
            importlib.import_module(f"scripts.{script}").main([])
    return parsed.value.parser


def test_help_is_printed_and_ends_well(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"scripts.{script}").main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "default: None" not in text
    assert "default: False" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "EMMAA_LOG_FORMAT" in text
    assert text.rstrip().endswith(".md")


def test_every_flag_is_explained(parser: argparse.ArgumentParser) -> None:
    flags = parser._actions
    assert [flag.dest for flag in flags if not (flag.help or "").strip()] == []


def test_description_says_what_it_does(parser: argparse.ArgumentParser) -> None:
    first, _, more = (parser.description or "").partition("\n\n")
    assert first.endswith(".")
    assert len(more) > 80


def test_examples_can_be_run(script: str, parser: argparse.ArgumentParser) -> None:
    blocks = (parser.epilog or "").split("\n\n")
    example = next(block for block in blocks if block.startswith("example"))
    lines = example.replace("\\\n", " ").splitlines()[1:]
    commands = [line for line in map(shlex.split, lines) if line[0] == "python"]
    assert commands
    for command in commands:
        assert command[1] == f"scripts/{script}.py"
        parser.parse_args(command[2:])


def test_exit_codes_are_told_apart(parser: argparse.ArgumentParser) -> None:
    block = (parser.epilog or "").split("exit codes:")[1].split("\n\n")[0]
    codes = [int(line.split()[0]) for line in block.splitlines() if line.strip()]
    assert codes == sorted(set(codes))
    assert {0, 1, EXIT_BAD_INPUT} <= set(codes) <= {0, *range(1, EXIT_UNDELIVERED + 1)}
    assert all(MEANINGS[code] in block for code in codes if code)


def test_rounds_can_be_pinned(script: str, parser: argparse.ArgumentParser) -> None:
    flags = {option for action in parser._actions for option in action.option_strings}
    assert ("--date-str" in flags) is (script not in WITHOUT_ROUNDS)


def test_every_script_is_documented(script: str) -> None:
    pages = [page.read_text() for page in (REPOSITORY / "docs").glob("*.md")]
    assert any(f"`{script}.py`" in page or f"{script}.py " in page for page in pages)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "é", "\udcff", "x" * 300, "s3://emmaa"])
@pytest.mark.parametrize(
    ("command", "flag"), [("check_bucket", "BUCKET"), ("import_legacy", "--bucket")]
)
def test_what_is_no_name_of_a_bucket_is_refused_as_the_flag(
    command: str, flag: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [name] if flag == "BUCKET" else ["--key", "a.pkl", flag, name]
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"scripts.{command}").main(argv)
    assert ended.value.code == EXIT_BAD_INPUT
    assert f"argument {flag}: " in capsys.readouterr().err
