"""The commands that README and docs name are there, and take the words they are given.

The jobs' scripts and modules are checked in tests/jobs/commands/test_documented_commands.py,
Airflow's in tests/dags/test_documented_commands.py; what they do, in the tests of each.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.documented_commands import Command, commands_of, documented_commands

REPOSITORY = Path(__file__).resolve().parents[2]
#: In the text between backticks or in an indented or fenced block.
_MAKE = re.compile(r"(?:^ {4}|^\$ |`)make ([a-z][a-z0-9-]*)", re.MULTILINE)
_SCRIPT = re.compile(r"python (scripts/\w+\.py)")
_MODULE = re.compile(r"python -m (infra(?:\.\w+)+|benchmarks(?:\.\w+)*|tests(?:\.\w+)+)")


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Return what a pattern finds in the pages, each with its page's name."""
    pages = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]
    for page in [*pages, *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        for name in pattern.findall(page.read_text()):
            yield page.name, name


def test_each_make_command_is_a_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    commands = list(found(_MAKE))
    assert {"up", "down", "status", "logs"} <= {name for _, name in commands}
    assert [command for command in commands if command[1] not in targets] == []


def test_each_script_is_there() -> None:
    # What extending.md's recipes make is run by their own tests; X.py stands for any.
    made = "extending.md"
    scripts = [s for s in found(_SCRIPT) if s[0] != made and s[1] != "scripts/X.py"]
    assert scripts
    assert [script for script in scripts if not (REPOSITORY / script[1]).is_file()] == []


def test_each_module_can_be_run() -> None:
    modules = list(found(_MODULE))
    assert modules
    assert [module for module in modules if not _runs(module[1])] == []


def _runs(module: str) -> bool:
    path = REPOSITORY / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


#: Programs whose commands no test runs, with the reason.
NOT_RUN = {
    "docker": "needs a container engine: `make compose-check` runs the same",
    "uvx": "fetches a program from the network",
    "git": "clones from the network",
    "jq": "is the reader's own; the file is one of their account",
    "cp": "copies the example that the deploy tool's tests read",
    "source": "tests/faults/stack/test_supervised_stack.py sources the file of a running stack",
    ".venv/bin/python": "pytest's own command line",
    "airflow": "tests/dags/test_documented_commands.py",
}
COMMANDS = documented_commands()
#: Options of the AWS CLI itself, and commands that it has beside those of the services.
AWS_OPTIONS = {"--output", "--query", "--region", "--profile"}
AWS_OWN = {
    ("s3", "cp"): set[str](),
    ("s3", "ls"): {"--summarize", "--human-readable", "--recursive"},
    ("s3", "sync"): {"--exclude", "--include"},
    ("cloudformation", "deploy"): set[str](),
    ("ecr", "get-login-password"): set[str](),
}

#: Options with which the AWS CLI spells a rule of `--ip-permissions`.
EC2_SHORT = {
    ("ec2", "authorize-security-group-ingress"): {"--protocol", "--port", "--source-group"}
}


def of(program: str) -> list[Command]:
    """Return the documented commands of a program."""
    found = [command for command in COMMANDS if command.program == program]
    assert found
    return found


def ids(command: Command) -> str:
    return command.text[:60]


def test_each_program_has_its_check_or_a_reason() -> None:
    checked = {"make", "python", "aws", "scripts/.venv/bin/python"}
    assert {command.program for command in COMMANDS} <= checked | NOT_RUN.keys()


def test_commands_are_found_wherever_they_stand() -> None:
    page = """Text, `python scripts/a.py
--flag`, and

    make a X="b c"   # why
    for q in 1 2; do aws batch x \\
        --y '{"a":
              1}'; done

```json
{"make": "no"}
```

```
$ make b
make: no output
```
"""
    assert list(commands_of(page)) == [
        'make a X="b c" # why',
        """aws batch x --y '{"a": 1}'; done""",
        "make b",
        "python scripts/a.py --flag",
    ]


def test_notation_is_spelled_out() -> None:
    command = Command("", "python a.py [--b x|y] (--c | --d DT …)  # why")
    assert sorted(command.spellings()) == sorted(
        ["python", "a.py", *optional, *choice]
        for optional in ([], ["--b", "x"], ["--b", "y"])
        for choice in (["--c"], ["--d", "2026-03-02-10-00-00"])
    )


@pytest.mark.parametrize("command", of("make"), ids=ids)
def test_make_takes_the_command(command: Command) -> None:
    [words] = command.spellings()
    variables = [word.partition("=")[0] for word in words if "=" in word]
    makefile = (REPOSITORY / "Makefile").read_text()
    used = set(
        re.findall(r"\$\((?:or \$\(|if \$\(|strip \$\(|filter[a-z-]* [^,]*,\$\()?(\w+)", makefile)
    )
    assert set(variables) <= used
    done = subprocess.run(
        [*words[:1], "--dry-run", *words[1:]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Parsed(Exception):
    """The words were taken."""


#: Modules of this environment with options; a name alone is no command.
MODULES = [
    command
    for command in of("python")
    if re.search(r"-m (infra(?!\.local\.seed)|tests|benchmarks)\S* ", command.text)
]


@pytest.mark.parametrize("command", MODULES, ids=ids)
def test_a_module_takes_the_words(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def parse_alone(parser: argparse.ArgumentParser, *words: Any) -> Any:
        parse(parser, *words)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_alone)
    for _, _, module, *words in command.spellings():
        monkeypatch.setattr(sys, "argv", [module, *words])
        # Other tests may have imported it, of which runpy warns.
        monkeypatch.delitem(sys.modules, module, raising=False)
        with pytest.raises(Parsed):
            runpy.run_module(module, run_name="__main__", alter_sys=False)


@functools.cache
def operations(service: str) -> dict[str, Any]:
    """Return the operations of a service by their names in the AWS CLI."""
    model = botocore.session.get_session().get_service_model(service)
    names = model.operation_names
    return {xform_name(name, "-"): model.operation_model(name) for name in names}


@pytest.mark.parametrize("command", of("aws"), ids=ids)
def test_aws_has_the_operation_and_its_parameters(command: Command) -> None:
    [[_, service, operation, *words]] = command.spellings()
    given = {word for word in words if word.startswith("--")} - AWS_OPTIONS
    if (service, operation) in AWS_OWN:
        assert given <= AWS_OWN[service, operation]
        return
    model = operations({"s3api": "s3"}.get(service, service))[operation]
    taken = {f"--{xform_name(name, '-')}" for name in model.input_shape.members}
    assert given <= taken | EC2_SHORT.get((service, operation), set())
    for word in words:
        if word.startswith(("{", "[{")):
            json.loads(word)
